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
      text: difference === 0 ? 'as the one before' : `${assay.points(difference)} points against the one before`};
  };

  // What is not as it was in the result before: the model's file, assay's version and commit.
  const changes_since = (before, night) => {
    const changed = [];
    if (night.model_sha256 !== before.model_sha256) changed.push('another model file');
    if (night.run_info.assay_version !== before.run_info.assay_version) changed.push(`assay ${night.run_info.assay_version}`);
    return changed;
  };

  const ticks_between = (nights) => nights.map((night, at) => (at > 0 && changes_since(nights[at - 1], night).join(', ')) || null);

  // points: {day, value, low, high, rule, label, href, fell, changed}; value null where a night has none.
  const draw_line = (host, title, points) => {
    const measured = points.filter((point) => assay.known(point.value));
    const draw = (width) => {
      const height = 170;
      const margin = {top: 10, right: 16, bottom: 26, left: 40};
      const svg = d3.create('svg').attr('viewBox', `0 0 ${width} ${height}`).attr('height', height).attr('role', 'group')
        .attr('aria-label', `${title} over ${points.length} nights`);
      const x = d3.scalePoint(points.map((point, at) => at), [margin.left + 8, width - margin.right - 8]);
      const lowest = d3.min(measured, (point) => Math.min(point.low, point.rule));
      const highest = d3.max(measured, (point) => Math.max(point.high, point.rule));
      const pad = Math.max(0.01, (highest - lowest) * 0.1);
      const y = d3.scaleLinear([Math.max(0, lowest - pad), Math.min(1, highest + pad)], [height - margin.bottom, margin.top]).nice(4);
      svg.append('g').attr('class', 'grid').attr('transform', `translate(${margin.left},0)`)
        .call(d3.axisLeft(y).ticks(4).tickSize(-(width - margin.left - margin.right)).tickFormat(''));
      svg.append('g').attr('class', 'axis').attr('transform', `translate(${margin.left},0)`)
        .call(d3.axisLeft(y).ticks(4).tickFormat((value) => +(value * 100).toFixed(1)));
      const every = Math.max(1, Math.ceil(points.length / Math.max(1, (width - 60) / 52)));
      svg.append('g').attr('class', 'axis').attr('transform', `translate(0,${height - margin.bottom})`)
        .call(d3.axisBottom(x).tickValues(points.map((point, at) => at).filter((at) => (points.length - 1 - at) % every === 0))
          .tickFormat((at) => points[at].day.slice(5)));
      const at_of = (point) => x(points.indexOf(point));
      svg.append('path').attr('class', 'band').attr('d',
        d3.area().x(at_of).y0((point) => y(point.low)).y1((point) => y(point.high))(measured));
      svg.append('path').attr('class', 'rule').attr('fill', 'none').attr('d',
        d3.line().x(at_of).y((point) => y(point.rule)).curve(d3.curveStepAfter)(measured));
      svg.append('path').attr('class', 'line').attr('d', d3.line().x(at_of).y((point) => y(point.value))(measured));
      points.forEach((point, at) => {
        if (!point.changed) return;
        svg.append('line').attr('class', 'change').attr('x1', x(at)).attr('x2', x(at))
          .attr('y1', height - margin.bottom - 7).attr('y2', height - margin.bottom + 3).append('title').text(point.changed);
      });
      measured.forEach((point, at) => {
        const mark = svg.append(point.href ? 'a' : 'g').attr('class', point.fell ? 'mark fell' : 'mark').attr('aria-label', point.label);
        if (point.href) mark.attr('href', point.href);
        else mark.attr('role', 'img');
        mark.append('title').text(point.label);
        const [cx, cy] = [at_of(point), y(point.value)];
        if (point.fell) mark.append('path').attr('class', 'dot').attr('d', `M${cx - 7},${cy - 5}h14l-7,12z`);
        else mark.append('circle').attr('class', 'dot').attr('r', at === measured.length - 1 ? 5.5 : 4).attr('cx', cx).attr('cy', cy);
      });
      host.replaceChildren(svg.node());
    };
    if (measured.length) assay.chart.keep_drawn(host, draw);
    else fill(host, el('p.soft', 'No night is complete.'));
  };

  const points_of_runs = (nights) => {
    const ticks = ticks_between(nights);
    const measured = nights.filter(is_measured);
    return nights.map((night, at) => {
      const before = measured[measured.indexOf(night) - 1];
      const {value, ci95} = night.headline;
      return {day: assay.day(night.run_info.started), value: is_measured(night) ? value : null,
        low: ci95 ? ci95[0] : value, high: ci95 ? ci95[1] : value, rule: measured.length ? measured[0].headline.value : value,
        fell: Boolean(before) && apart(night, before) && value < before.headline.value, changed: ticks[at],
        label: `${night.run_info.started}: ${percent(value)} % (${interval(ci95)}), ${assay.plural(night.scored, 'item')}` +
          (before ? `, ${assay.points(value - before.headline.value)} points` : ''),
        href: assay.explorer_link(before ? {a: before.link, b: night.link, f: 'lost'} : {a: night.link})};
    });
  };

  // ---- the nights of `assay gate --history`: verdicts against a frozen baseline ------------------------------------
  const gate_sections = (board, history) => {
    const suites = [...new Set(history.flatMap((night) => night.suites.map((suite) => suite.suite)))];
    const result_of = (run, model, suite) => board.results.find((result) => result.run_info.id === run &&
      result.model_name === model && result.suite_info.suite === suite);
    return suites.map((name) => {
      const picture = el('div.picture');
      const nights = history.map((night) => ({night, suite: night.suites.find((suite) => suite.suite === name)}));
      const points = nights.map(({night, suite}, at) => {
        if (!suite) return {day: assay.day(night.time), value: null};
        const [a, b] = [result_of(night.baseline_run, night.baseline, name), result_of(night.candidate_run, night.candidate, name)];
        const low = suite.baseline + (suite.ci95 ? suite.ci95[0] : suite.difference);
        const high = suite.baseline + (suite.ci95 ? suite.ci95[1] : suite.difference);
        const before = at > 0 ? history[at - 1] : null;
        const b_before = before && result_of(before.candidate_run, before.candidate, name);
        const changed = [before && before.baseline_run !== night.baseline_run ? 'another baseline' : null,
          ...(b && b_before ? changes_since(b_before, b) : [])].filter(Boolean);
        return {day: assay.day(night.time), value: suite.candidate, low, high, rule: suite.baseline, fell: suite.verdict === 'worse',
          changed: changed.join(', ') || null,
          label: `${night.time}: ${percent(suite.candidate)} %, ${assay.points(suite.difference)} points against the baseline, ` +
            `${suite.verdict.replace('_', ' ')}, ${assay.plural(suite.items, 'item')}`,
          href: a && b ? assay.explorer_link({a: a.link, b: b.link, f: 'lost'}) : null};
      });
      draw_line(picture, name, points);
      const table = el('details', el('summary', 'Numbers'), el('div.scroll', {tabindex: 0, role: 'region', 'aria-label': `Nights of ${name}`},
        el('table', el('thead', el('tr', ['night', 'candidate, %', 'baseline, %', 'difference', '95 %', 'items', 'verdict', 'gate']
          .map((title, at) => el(at > 0 && at < 6 ? 'th.number' : 'th', {scope: 'col'}, title)))),
        el('tbody', nights.filter(({suite}) => suite).map(({night, suite}) => el('tr', el('th', {scope: 'row'}, night.time),
          el('td.number', percent(suite.candidate)), el('td.number', percent(suite.baseline)), el('td.number', assay.points(suite.difference)),
          el('td.number', suite.ci95 ? `${assay.points(suite.ci95[0])} … ${assay.points(suite.ci95[1])}` : '–'), el('td.number', count(suite.items)),
          el('td', suite.verdict.replace('_', ' ')), el('td', night.passed ? 'passed' : 'failed')))))));
      return el('section.panel.stack', {'aria-label': `Gate, ${name}`}, el('div.row', el('h2', name),
        el('span.soft', `${history[history.length - 1].candidate} against the frozen baseline`)), picture, table);
    });
  };

  const gate_verdict = (history) => {
    const last = history[history.length - 1];
    return el(`section.verdict.${last.passed ? 'not_worse' : 'worse'}`,
      el('span.word', `${last.passed ? '✓ the gate passed' : '▼ the gate failed'}: ${last.verdict.replace('_', ' ')}`),
      el('h1', `${assay.day(last.time)}: ${last.candidate} ` + (last.suites.length === 1
        ? `${assay.points(last.suites[0].difference)} points against the baseline`
        : last.suites.map((suite) => `${suite.suite} ${assay.points(suite.difference)}`).join(', ') + ' points against the baseline')),
      el('p.small', `${history.filter((night) => night.passed).length} of ${history.length} nights passed. Dashed: the baseline. ` +
        'Band: 95 % of the difference. A triangle: worse. Red ticks: another baseline, model file or assay. A point opens ' +
        'what that night lost.'));
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

  assay.start(async (board, comparisons, host) => {
    const history = await assay.load('history', board.live ? String(Date.now()) : '');
    const series = series_of(board);
    if (!series.length && !history.length) {
      fill(host, el('h1', 'Nights'), el('p', 'A night appears here when two runs or more asked the same suite of the same ' +
        'model in the same way: ', el('code', 'assay leaderboard runs/*.db -o DIR'), '.'));
      return;
    }
    const changes = series.map((nights) => change_text(nights, comparisons));
    const compared = changes.filter(Boolean);
    const falls = compared.filter((change) => change.separate && change.difference < 0);
    const fall_text = (change) => `${change.last.suite_info.suite} of ${change.last.model_name} (${assay.points(change.difference)} points)`;
    fill(host,
      history.length ? [gate_verdict(history), gate_sections(board, history)] : null,
      series.length ? el(`section.verdict.${falls.length ? 'worse' : 'quiet'}`,
        el(history.length ? 'h2' : 'h1', falls.length
          ? `${assay.plural(falls.length, 'line')} fell in the last run: ${falls.map(fall_text).join(', ')}`
          : `In the last run no line fell out of the interval of the one before (${compared.length} of ${series.length} compared).`),
        el('p.small', 'Dashed: the first run. Band: 95 %. Red ticks: another model file or another assay. A point opens what ' +
          'that run got wrong and the one before got right. Verdicts with a margin: ', el('code', 'assay gate'), ', ', el('code', 'assay compare'), '.')) : null,
      series.map((nights, at) => {
        const picture = el('div.picture');
        const change = changes[at];
        draw_line(picture, `${nights[0].suite_info.suite} of ${nights[0].model_name}`, points_of_runs(nights));
        return el('section.panel.stack', {'aria-label': `${nights[0].suite_info.suite}, ${nights[0].model_name}`},
          el('div.row', el('h2', nights[0].model_name), el('span.soft', assay.suite_label(nights[0].suite_info)),
            change ? el(change.separate && change.difference < 0 ? 'span.tag.warn' : 'span.tag',
              `${percent(change.last.headline.value)} %, ${change.text}${change.separate ? ', intervals apart' : ''}`) : null,
            change ? el('a', {href: change.link}, 'What changed') : null,
            change && change.compared >= 0 ? el('a', {href: `compare.html#c=${change.compared}`}, 'Comparison') : null),
          picture, table_of(nights));
      }));
  });
})();
