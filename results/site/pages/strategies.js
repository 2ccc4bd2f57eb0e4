// Strategies side by side: for each suite strategy x model, with the metric, latency and $ a task. Nothing is ranked here.
'use strict';

(() => {
  const {el, percent, interval, usd, ms} = assay;

  const strategy_of = (result) => result.suite_info.options.strategy || '';
  // The same items, however they were asked: of the same data, or of one run, where the files that examples come from
  // may be part of one hash and not of the other.
  const same_items = (a, b) => a.suite_info.suite === b.suite_info.suite && a.items === b.items &&
    a.suite_info.suite_version === b.suite_info.suite_version && a.suite_info.starter === b.suite_info.starter &&
    (a.suite_info.data_sha256 === b.suite_info.data_sha256 || a.run === b.run);

  // Rows are the leaderboard's columns: what stands in one row was asked alike, protocol and shots included.
  // [{suite, items, models, ways, at(way, model)}] of what was asked by several strategies.
  assay.strategies_of = (board) => {
    let groups = [];
    for (const result of board.results.filter((one) => one.shown && strategy_of(one))) {
      const belongs = (group) => group.some((other) => same_items(result, other));
      groups = [...groups.filter((group) => !belongs(group)), [...groups.filter(belongs).flat(), result]];
    }
    return groups.filter((results) => new Set(results.map(strategy_of)).size > 1).map((results) => ({
      suite: results[0].suite_info.suite, starter: results[0].suite_info.starter, items: results[0].items,
      ways: [...new Set(results.map((result) => result.suite))], models: [...new Set(results.map((result) => result.model_name))],
      at: (way, model) => results.find((result) => result.suite === way && result.model_name === model),
    }));
  };

  const cell = (result) => {
    if (!result) return el('td', el('span.soft', {'aria-label': 'not asked'}, '·'));
    return el('td.number', el('b', `${percent(result.headline.value)} %`),
      el('div.small.soft', `95 %: ${interval(result.headline.ci95)}`),
      el('div.small', `p50 ${ms(result.latency_ms.total.p50)} · p95 ${ms(result.latency_ms.total.p95)}`),
      el('div.small', `${usd(result.cost.usd_per_task)} a task`, result.judge ? `, of it the judge ${usd(result.judge.cost.usd_per_task)}` : null),
      result.state === 'complete' ? null : el('span.tag.warn', result.state));
  };

  const way_head = (suite) => el('th', {scope: 'row'}, suite.options.strategy,
    el('div.small.soft', [suite.metric, suite.protocol, `${suite.shots} shots`, suite.samples > 1 ? `${suite.samples} samples` : null,
      ...assay.options_beside_strategy(suite)].filter(Boolean).join(' · ')));

  assay.draw_strategies = (board) => {
    const groups = assay.strategies_of(board);
    if (!groups.length) return null;
    return el('section.stack', {id: 'strategies', 'aria-label': 'Strategies'}, el('h2', 'Strategies'),
      el('p.small.soft', 'The same items, asked in several ways. A strategy is part of what a number is: nothing is ranked ' +
        'across rows; `assay compare RUN RUN --strategy A,B` says whether two differ by more than chance.'),
      groups.map((group) => el('div.scroll', {tabindex: 0, role: 'region', 'aria-label': `Strategies of ${group.suite}`},
        el('table', el('caption', `${group.suite}, ${assay.plural(group.items, 'item')}`, group.starter ? [' ', el('span.tag.warn', 'starter items')] : null),
          el('thead', el('tr', el('th', {scope: 'col'}, 'strategy'),
            group.models.map((model) => el('th.number', {scope: 'col'}, assay.breakable(model))))),
          el('tbody', group.ways.map((way) => el('tr', way_head(board.suites[way]),
            group.models.map((model) => cell(group.at(way, model))))))))));
  };
})();
