// Nights: did we break something? One line a suite and model over the runs that asked the same of it.
'use strict';

(() => {
  const {el, fill, percent, interval, count, usd, ms} = assay;

  // Runs of one suite and model in the order of their start; the ends of a series are what the page is about.
  const series_of = (board) => {
    const series = new Map();
    for (const result of board.results) {
      const key = `${result.suite}/${result.model}`;
      if (!series.has(key)) series.set(key, []);
      series.get(key).push(result);
    }
    for (const nights of series.values()) {
      nights.sort((a, b) => (a.run_info.started < b.run_info.started ? -1 : a.run_info.started > b.run_info.started ? 1 : a.run - b.run));
    }
    return [...series.values()].filter((nights) => nights.length > 1);
  };

  const is_measured = (result) => result.state === 'complete' && assay.known(result.headline.value);

  const apart = (one, other) => {
    const [a, b] = [one.headline.ci95, other.headline.ci95];
    return Boolean(a && b) && (a[0] > b[1] || b[0] > a[1]);
  };

  const comparison_of = (comparisons, before, last) => comparisons.findIndex((one) =>
    one.baseline.run === before.run_info.id && one.baseline.model === before.model_name &&
    one.candidate.run === last.run_info.id && one.candidate.model === last.model_name);

  const change_text = (nights, comparisons) => {
    const measured = nights.filter(is_measured);
    const last = measured[measured.length - 1];
    const before = measured[measured.length - 2];
    if (!before) return null;
    const difference = last.headline.value - before.headline.value;
    const link = assay.explorer_link({a: before.link, b: last.link, f: difference < 0 ? 'lost' : 'gained'});
    const compared = comparison_of(comparisons, before, last);
    return {last, before, difference, separate: apart(last, before), link, compared,
      text: difference === 0 ? 'as the night before' : `${assay.points(difference)} points against the night before`};
  };

  const ticks_between = (nights) => nights.map((night, at) => {
    if (at === 0) return null;
    const changed = [];
    if (night.model_sha256 !== nights[at - 1].model_sha256) changed.push('another model file');
    if (night.run_info.assay_version !== nights[at - 1].run_info.assay_version) changed.push(`assay ${night.run_info.assay_version}`);
    return changed.length ? changed.join(', ') : null;
  });

  const draw_line = (host, nights) => {
    const measured = nights.filter(is_measured);
    const draw = (width) => {
      const height = 170;
      const margin = {top: 10, right: 16, bottom: 26, left: 40};
      const svg = d3.create('svg').attr('viewBox', `0 0 ${width} ${height}`).attr('height', height).attr('role', 'group')
        .attr('aria-label', `${nights[0].suite_info.suite} of ${nights[0].model_name} over ${nights.length} runs`);
      const x = d3.scalePoint(nights.map((night, at) => at), [margin.left + 8, width - margin.right - 8]);
      const lows = measured.map((night) => (night.headline.ci95 || [night.headline.value])[0]);
      const highs = measured.map((night) => (night.headline.ci95 || [0, night.headline.value])[1]);
      const pad = Math.max(0.01, (Math.max(...highs) - Math.min(...lows)) * 0.1);
      const y = d3.scaleLinear([Math.max(0, Math.min(...lows) - pad), Math.min(1, Math.max(...highs) + pad)],
        [height - margin.bottom, margin.top]).nice(4);
      svg.append('g').attr('class', 'grid').attr('transform', `translate(${margin.left},0)`)
        .call(d3.axisLeft(y).ticks(4).tickSize(-(width - margin.left - margin.right)).tickFormat(''));
      svg.append('g').attr('class', 'axis').attr('transform', `translate(${margin.left},0)`)
        .call(d3.axisLeft(y).ticks(4).tickFormat((value) => (value * 100).toFixed(0)));
      const every = Math.max(1, Math.ceil(nights.length / Math.max(1, (width - 60) / 52)));
      svg.append('g').attr('class', 'axis').attr('transform', `translate(0,${height - margin.bottom})`)
        .call(d3.axisBottom(x).tickValues(nights.map((night, at) => at).filter((at) => (nights.length - 1 - at) % every === 0))
          .tickFormat((at) => assay.day(nights[at].run_info.started).slice(5)));
      const at_of = (night) => x(nights.indexOf(night));
      svg.append('path').attr('class', 'band').attr('d', d3.area().x(at_of)
        .y0((night) => y((night.headline.ci95 || [night.headline.value])[0]))
        .y1((night) => y((night.headline.ci95 || [0, night.headline.value])[1]))(measured));
      svg.append('line').attr('class', 'rule').attr('x1', margin.left).attr('x2', width - margin.right)
        .attr('y1', y(measured[0].headline.value)).attr('y2', y(measured[0].headline.value));
      svg.append('path').attr('class', 'line').attr('d', d3.line().x(at_of).y((night) => y(night.headline.value))(measured));
      ticks_between(nights).forEach((changed, at) => {
        if (!changed) return;
        svg.append('line').attr('class', 'change').attr('x1', x(at)).attr('x2', x(at))
          .attr('y1', height - margin.bottom - 7).attr('y2', height - margin.bottom + 3).append('title').text(changed);
      });
      measured.forEach((night, at) => {
        const before = measured[at - 1];
        const label = `${night.run_info.started}: ${percent(night.headline.value)} % (${interval(night.headline.ci95)}), ` +
          `${assay.plural(night.scored, 'item')}${before ? `, ${assay.points(night.headline.value - before.headline.value)} points` : ''}`;
        const mark = svg.append('a').attr('class', 'mark').attr('aria-label', label)
          .attr('href', assay.explorer_link(before ? {a: before.link, b: night.link, f: 'lost'} : {a: night.link}));
        mark.append('title').text(label);
        mark.append('circle').attr('class', 'dot').attr('r', at === measured.length - 1 ? 5.5 : 4)
          .attr('cx', at_of(night)).attr('cy', y(night.headline.value));
      });
      host.replaceChildren(svg.node());
    };
    assay.chart.keep_drawn(host, draw);
  };

  const table_of = (nights) => {
    const ticks = ticks_between(nights);
    return el('details', el('summary', 'Numbers'), el('div.scroll', {tabindex: 0, role: 'region', 'aria-label': 'Numbers of the nights'},
      el('table', el('thead', el('tr', ['night', 'value, %', '95 %', 'items', 'p50', 'p95', '$ a task', 'state', 'changed']
        .map((title, at) => el(at > 0 && at < 7 ? 'th.number' : 'th', {scope: 'col'}, title)))),
      el('tbody', nights.map((night, at) => el('tr', el('th', {scope: 'row'}, night.run_info.started),
        el('td.number', percent(night.headline.value)), el('td.number', interval(night.headline.ci95)), el('td.number', count(night.scored)),
        el('td.number', ms(night.latency_ms.total.p50)), el('td.number', ms(night.latency_ms.total.p95)),
        el('td.number', usd(night.cost.usd_per_task)), el('td', night.state), el('td', ticks[at])))))));
  };

  assay.start((board, comparisons, host) => {
    const series = series_of(board);
    if (!series.length) {
      fill(host, el('h1', 'Nights'), el('p', 'A night appears here when two runs or more asked the same suite of the same ' +
        'model in the same way: assay leaderboard runs/*.db -o DIR.'));
      return;
    }
    const changes = series.map((nights) => change_text(nights, comparisons));
    const falls = changes.filter((change) => change && change.separate && change.difference < 0);
    const judged = changes.filter((change) => change && change.compared >= 0).map((change) => comparisons[change.compared].verdict);
    const word = judged.includes('worse') ? 'worse' : falls.length ? 'worse' : judged.length ? judged[0] : 'undecided';
    const measured = changes.filter(Boolean);
    fill(host,
      el(`section.verdict.${falls.length || judged.includes('worse') ? 'worse' : 'quiet'}`,
        judged.length ? el('span.word', `last comparison: ${word.replace('_', ' ')}`) : null,
        el('h1', falls.length
          ? `${assay.plural(falls.length, 'line')} fell last night: ${falls.map((change) => `${change.last.suite_info.suite} of ${change.last.model_name} (${assay.points(change.difference)} points)`).join(', ')}`
          : `Last night no line fell out of the interval of the night before (${measured.length} of ${series.length} compared).`),
        el('p.small', 'Dashed: the first night. Band: 95 %. Red ticks: another model file or another assay. A point opens what ' +
          'that night got wrong and the one before got right. Verdicts with a margin: ', el('code', 'assay gate'), ', ', el('code', 'assay compare'), '.')),
      series.map((nights, at) => {
        const picture = el('div.picture');
        const change = changes[at];
        const section = el('section.panel.stack', {'aria-label': `${nights[0].suite_info.suite}, ${nights[0].model_name}`},
          el('div.row', el('h2', nights[0].model_name), el('span.soft', assay.suite_label(nights[0].suite_info)),
            change ? el(change.separate && change.difference < 0 ? 'span.tag.warn' : 'span.tag',
              `${percent(change.last.headline.value)} %, ${change.text}${change.separate ? ', intervals apart' : ''}`) : null,
            change ? el('a', {href: change.link}, 'What changed') : null,
            change && change.compared >= 0 ? el('a', {href: `compare.html#c=${change.compared}`}, 'Comparison') : null),
          picture, table_of(nights));
        if (nights.some(is_measured)) draw_line(picture, nights);
        else fill(picture, el('p.soft', 'No night is complete.'));
        return section;
      }));
  });
})();
