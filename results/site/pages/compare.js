// The comparison: may the candidate replace the baseline?
'use strict';

(() => {
  const {el, fill, percent, count, usd, ms} = assay;
  const words = {better: 'Better', not_worse: 'Not worse', worse: 'Worse', undecided: 'Undecided'};
  const signs = {better: '▲', not_worse: '✓', worse: '▼', undecided: '?'};
  let board;
  let comparison;
  let flips = []; // {suite, item, baseline, candidate, lost}
  let listed = [];
  let selected = -1;
  const state = {f: 'lost', q: ''};
  const parts = {};

  // ---- one suite: the difference on an axis -----------------------------------------------------------------------
  const reach_of = (suites) => Math.max(comparison.margin * 1.6, ...suites.flatMap((suite) =>
    [...(suite.ci95 || [suite.difference]), suite.lower_bound || 0, suite.upper_bound || 0].map(Math.abs))) * 1.08;

  const draw_difference = (host, suite, reach) => {
    const draw = (width) => {
      const height = 46;
      const svg = d3.create('svg').attr('viewBox', `0 0 ${width} ${height}`).attr('height', height).attr('role', 'img')
        .attr('aria-label', `Difference ${assay.points(suite.difference)} points, margin ${(comparison.margin * 100).toFixed(1)} points`);
      const x = d3.scaleLinear([-reach, reach], [6, width - 6]);
      svg.append('rect').attr('class', 'margin').attr('x', x(-comparison.margin)).attr('width', x(0) - x(-comparison.margin))
        .attr('y', 2).attr('height', 24);
      svg.append('line').attr('class', 'zero').attr('x1', x(0)).attr('x2', x(0)).attr('y1', 0).attr('y2', 28);
      if (suite.ci95) {
        svg.append('line').attr('class', 'ci').attr('x1', x(suite.ci95[0])).attr('x2', x(suite.ci95[1])).attr('y1', 14).attr('y2', 14);
      }
      svg.append('circle').attr('class', 'dot').attr('r', 5.5).attr('cx', x(suite.difference)).attr('cy', 14);
      svg.append('g').attr('class', 'axis').attr('transform', 'translate(0,28)')
        .call(d3.axisBottom(x).ticks(Math.max(3, Math.min(7, width / 60))).tickFormat((value) => `${value > 0 ? '+' : ''}${+(value * 100).toFixed(1)}`));
      host.replaceChildren(svg.node());
    };
    assay.chart.keep_drawn(host, draw);
  };

  // "9.1× faster": the candidate against the baseline, and the interval of the ratio.
  const ratio_text = (ratio, less, more) => (ratio.value < 1 ? `${assay.ratio(1 / ratio.value)} ${less}` : `${assay.ratio(ratio.value)} ${more}`);
  const ratio_cell = (ratio, before, after, text, less, more, about) => el('td.number', ratio && ratio.value > 0 ? el('b', ratio_text(ratio, less, more)) : '–',
    el('div.small.soft', ratio && ratio.ci95 ? `ratio ${assay.ratio(ratio.ci95[0])} – ${assay.ratio(ratio.ci95[1])}` : null),
    el('div.small.soft', `${text(before)} → ${text(after)}`), about ? el('div.small.soft', about) : null);
  const judge_text = (suite) => [suite.baseline, suite.candidate].some((side) => assay.known(side.judge_usd_per_task))
    ? `of it the judge ${usd(suite.baseline.judge_usd_per_task)} → ${usd(suite.candidate.judge_usd_per_task)}` : null;

  // On a phone a row is a card, and each number stands beside its title.
  const titles = ['suite', 'verdict', 'difference, margin shaded', 'points', 'items', 'lost / gained', 'p95', '$ a task', 'test'];
  const with_titles = (row) => {
    [...row.children].forEach((cell, at) => cell.setAttribute('data-title', titles[at]));
    return row;
  };

  const suite_row = (suite, reach) => {
    const picture = el('div.picture');
    picture.style.minWidth = '170px';
    draw_difference(picture, suite, reach);
    const missing = suite.baseline.failed + suite.baseline.unasked + suite.candidate.failed + suite.candidate.unasked;
    return el('tr',
      el('th', {scope: 'row'}, suite.label, el('div.small.soft', `${suite.asked} · ${suite.metric}`),
        suite.starter ? el('span.tag.warn', 'starter items') : null),
      el('td', el(suite.judged === 'worse' ? 'span.tag.warn' : 'span.tag', `${signs[suite.judged]} ${words[suite.judged]}`),
        suite.judged === 'undecided' && assay.known(suite.items_to_decide) ? el('div.small.soft', `≈ ${count(suite.items_to_decide)} more items`) : null,
        suite.judged === suite.verdict ? null : el('div.small.soft', {title: 'The correction for several suites (Holm), or second answers, did not bear it out'},
          el('span.whole', `${words[suite.verdict].toLowerCase()} by itself,`), ' ', el('span.whole', 'not over all suites'))),
      el('td', picture),
      el('td.number', el('b', assay.points(suite.difference)), el('div.small.soft', suite.ci95 ? `${assay.points(suite.ci95[0])} … ${assay.points(suite.ci95[1])}` : null),
        el('div.small.soft', `${percent(suite.baseline.value)} → ${percent(suite.candidate.value)}`)),
      el('td.number', count(suite.paired_items), missing ? el('div.small.soft', `${count(missing)} left out`) : null),
      el('td.number', suite.binary ? `${count(suite.only_baseline)} / ${count(suite.only_candidate)}` : `${count(suite.lost.length)} / ${count(suite.gained.length)}`),
      ratio_cell(suite.latency_p95_ratio, suite.baseline.latency_p95_ms, suite.candidate.latency_p95_ms, ms, 'faster', 'slower'),
      ratio_cell(suite.usd_per_task_ratio, suite.baseline.usd_per_task, suite.candidate.usd_per_task, usd, 'cheaper', 'dearer', judge_text(suite)),
      el('td.small', suite.test.replaceAll('_', ' '), assay.known(suite.p_value) ? el('div.soft.whole', `p = ${suite.p_value.toPrecision(2)}`) : null));
  };

  // ---- the flips --------------------------------------------------------------------------------------------------
  const side_result = (side, flip, at) => board.results.find((result) => result.run_info.id === side.run &&
    result.model_name === side.model && result.suite_info.suite === flip.suite &&
    (result.suite_info.options.strategy || '') === flip.strategies[at]);

  const link_of = (flip) => {
    const [a, b] = [side_result(comparison.baseline, flip, 0), side_result(comparison.candidate, flip, 1)];
    return a && b ? assay.explorer_link({a: a.link, b: b.link, f: flip.lost ? 'lost' : 'gained', item: flip.item}) : null;
  };

  const indexes = new Map();
  const index_of = (name, version) => {
    const key = `${name}?${version}`;
    if (!indexes.has(key)) indexes.set(key, assay.load(`${name}/index`, version).then((index) => ({...index,
      place_by_order: new Map(index.orders.map((order, at) => [order, at])),
      place_by_id: index.ids ? new Map(index.ids.map((id, at) => [id, at])) : null})));
    return indexes.get(key);
  };

  const show_flip = async (place) => {
    if (place < 0 || place >= listed.length) return;
    const before = parts.list.children[selected];
    if (before) before.setAttribute('aria-selected', 'false');
    selected = place;
    parts.list.children[place].setAttribute('aria-selected', 'true');
    parts.list.children[place].scrollIntoView({block: 'nearest'});
    parts.list.setAttribute('aria-activedescendant', `flip-${place}`);
    const flip = listed[place];
    const sides = [side_result(comparison.baseline, flip, 0), side_result(comparison.candidate, flip, 1)];
    if (sides.some((side) => !side)) {
      fill(parts.view, el('p.soft', 'Its run is not part of this site.'));
      return;
    }
    const {version} = board;
    // Two strategies ask in two ways: each side has its own question.
    const read_side = async (side) => {
      const [questions, answers] = await Promise.all([index_of(side.suite_info.questions, version), index_of(side.data, side.version)]);
      const at = questions.place_by_id.get(flip.item);
      const [question, samples] = await Promise.all([assay.read_question(side.suite_info, questions, version, at),
        assay.read_samples(side, answers, answers.place_by_order.get(questions.orders[at]))]);
      return {question, samples, groups: questions.groups[at].map((group) => questions.group_names[group].split('\u001f')[1])};
    };
    const [baseline, candidate] = await Promise.all(sides.map(read_side));
    if (listed[selected] !== flip) return;
    assay.draw_item(parts.view, {id: flip.item, groups: baseline.groups}, baseline.question, [
      {letter: 'baseline', result: sides[0], samples: baseline.samples, value: flip.baseline, failure: null},
      {letter: 'candidate', result: sides[1], samples: candidate.samples, value: flip.candidate, failure: null,
        question: sides[0].suite === sides[1].suite ? null : candidate.question}],
      el('a', {href: link_of(flip)}, 'Link'));
  };

  const kMostListed = 500;
  const choose_flips = () => {
    const text = state.q.toLowerCase();
    const all = flips.filter((flip) => (state.f === 'all' || flip.lost === (state.f === 'lost')) &&
      (!text || flip.item.toLowerCase().includes(text)));
    listed = all.slice(0, kMostListed);
    selected = -1;
    parts.found.textContent = all.length > kMostListed ? `the first ${kMostListed} of ${count(all.length)} flips; the explorer has all` : assay.plural(all.length, 'flip');
    fill(parts.list, listed.map((flip, at) => el('li', {role: 'option', id: `flip-${at}`, 'aria-selected': 'false', onclick: () => show_flip(at)},
      assay.score_mark(flip.baseline), ' ', assay.score_mark(flip.candidate), ' ', flip.item)));
    fill(parts.view, el('p.soft', listed.length ? 'Choose a flip: j and k go through them.' : 'No such flip.'));
    for (const button of parts.filters.children) button.setAttribute('aria-pressed', String(button.dataset.filter === state.f));
  };

  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input, select')) return;
    const filters = ['lost', 'gained', 'all'];
    if (event.key === 'j') show_flip(Math.min(listed.length - 1, selected + 1));
    else if (event.key === 'k') show_flip(Math.max(0, selected - 1));
    else if (event.key === 'Enter' && event.target === parts.list && selected >= 0) location.href = link_of(listed[selected]);
    else if (event.key === '/') parts.search.focus();
    else if (event.key === 'f') {
      state.f = filters[(filters.indexOf(state.f) + 1) % 3];
      choose_flips();
    } else return;
    event.preventDefault();
  };

  const flip_section = () => {
    const lost = flips.filter((flip) => flip.lost).length;
    parts.filters = el('div.filters', {role: 'group', 'aria-label': 'Which flips'},
      [['lost', `only the baseline right ${count(lost)}`], ['gained', `only the candidate right ${count(flips.length - lost)}`], ['all', `all ${count(flips.length)}`]]
        .map(([name, text]) => el('button', {type: 'button', 'data-filter': name, onclick: () => {
          state.f = name;
          choose_flips();
        }}, text)));
    parts.search = el('input', {type: 'search', 'aria-label': 'Search flips', placeholder: 'Search ids ( / )', oninput: () => {
      state.q = parts.search.value;
      choose_flips();
    }});
    parts.found = el('span.small.soft', {role: 'status'});
    parts.list = el('ul.flips', {role: 'listbox', 'aria-label': 'Flips', tabindex: 0});
    parts.view = el('article.stack', {'aria-label': 'Flip'});
    return el('section.stack', {'aria-label': 'Flips'}, el('div.row', el('h2', 'Flips'), parts.filters, parts.search, parts.found),
      el('div.flip-panes', el('div.flip-list', parts.list), parts.view));
  };

  const draw = (comparisons, host) => {
    const number = Math.max(0, Math.min(comparisons.length - 1, Number(assay.hash_state().c) || 0));
    comparison = comparisons[number];
    flips = comparison.suites.flatMap((suite) => [
      ...suite.lost.map(([item, baseline, candidate]) => ({suite: suite.suite, strategies: suite.strategies, item, baseline, candidate, lost: true})),
      ...suite.gained.map(([item, baseline, candidate]) => ({suite: suite.suite, strategies: suite.strategies, item, baseline, candidate, lost: false}))]);
    const reach = reach_of(comparison.suites);
    fill(host,
      comparisons.length > 1 ? el('label.row', 'Comparison ', el('select', {onchange: (event) => {
        location.hash = `c=${event.target.value}`;
      }}, comparisons.map((one, at) => el('option', {value: String(at), selected: at === number},
        `${one.candidate.name} against ${one.baseline.name}`)))) : null,
      el(`section.verdict.${comparison.verdict in words ? comparison.verdict : 'undecided'}`,
        el('span.word', `${signs[comparison.verdict]} ${words[comparison.verdict]}`), el('h1', `${comparison.candidate.name}: ${comparison.sentence}`),
        el('p.small', `${assay.plural(comparison.suites.reduce((sum, suite) => sum + suite.paired_items, 0), 'item')} that both answered; ` +
          `baseline run ${comparison.baseline.run} of ${assay.day(comparison.baseline.started)}, candidate run ` +
          `${comparison.candidate.run} of ${assay.day(comparison.candidate.started)}` +
          ([...comparison.only_baseline, ...comparison.only_candidate].length
            ? `; not compared: ${[...comparison.only_baseline, ...comparison.only_candidate].join(', ')}` : '') + '.')),
      el('div.scroll', {tabindex: 0, role: 'region', 'aria-label': 'Suites'}, el('table.compared',
        el('thead', el('tr', titles.map((title, at) => el(at >= 3 && at <= 7 ? 'th.number' : 'th', {scope: 'col'}, title)))),
        el('tbody', comparison.suites.map((suite) => with_titles(suite_row(suite, reach)))))),
      assay.draw_strategies(board),
      flip_section());
    state.f = flips.some((flip) => flip.lost) || !flips.length ? 'lost' : 'gained';
    choose_flips();
  };

  assay.start((given, comparisons, host, again) => {
    board = given;
    if (!comparisons.length) {
      fill(host, el('h1', 'Comparison'), assay.draw_strategies(board) || el('p', 'No comparison is part of this site.'));
      return;
    }
    draw(comparisons, host);
    if (again) return;
    document.addEventListener('keydown', keys);
    window.addEventListener('hashchange', () => draw(comparisons, host));
  });
})();
