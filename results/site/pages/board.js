// The leaderboard: which model should I use, for what, at what price?
'use strict';

(() => {
  const {el, fill, percent, interval, count, usd, ms, rank, day} = assay;
  const state = {suite: 0, x: null, sort: null, descending: true};

  const shown_of = (board, suite) => board.results.filter((result) => result.shown && result.suite === suite);
  const is_known = (result) => assay.known(result.headline.value);

  // ---- the sentence on top ----------------------------------------------------------------------------------------
  const sentence = (results) => {
    const ranked = results.filter((result) => result.rank);
    if (!ranked.length) return 'Nothing here can be ranked yet: see below why.';
    const best = ranked.filter((result) => result.rank[0] === 1)
      .sort((a, b) => b.headline.value - a.headline.value);
    const top = best[0];
    if (ranked.length === 1) return `${top.model_name} has ${percent(top.headline.value)} % on ${assay.plural(top.scored, 'item')}.`;
    let text = best.length === 1
      ? `${top.model_name} is the best of ${ranked.length}, with ${percent(top.headline.value)} %.`
      : `${top.model_name} leads with ${percent(top.headline.value)} %, but ${best.length - 1 === 1
        ? 'one other is' : `${best.length - 1} others are`} not told apart from it by these items.`;
    const priced = best.filter((result) => result.cost.usd_per_task > 0)
      .sort((a, b) => a.cost.usd_per_task - b.cost.usd_per_task);
    if (priced.length > 1) text += ` The cheapest of these is ${priced[0].model_name}, at ${usd(priced[0].cost.usd_per_task)} a task.`;
    return text;
  };

  // ---- the pictures -----------------------------------------------------------------------------------------------
  const axes = {
    usd: {x: '$ a task', y: 'accuracy', format: usd, of: (result) => result.cost.usd_per_task},
    p50: {x: 'latency, median', y: 'accuracy', format: ms, of: (result) => result.latency_ms.total.p50},
    p95: {x: 'latency, 95th percentile', y: 'accuracy', format: ms, of: (result) => result.latency_ms.total.p95},
  };

  const point_label = (result, axis) => `${result.model_name}: ${percent(result.headline.value)} % ` +
    `(${interval(result.headline.ci95)}), ${axis.x} ${axis.format(axis.of(result))}, ${assay.plural(result.scored, 'item')}` +
    (result.unranked ? `; not ranked: ${result.unranked}` : '');

  const numbers_table = (results) => el('details', el('summary', 'The numbers of these pictures'),
    el('div.scroll', {tabindex: 0, role: 'region', 'aria-label': 'Numbers'}, el('table',
      el('thead', el('tr', ['model', 'value, %', '95 %', 'items', '$ a task', '$ a correct answer', 'p50', 'p95', 'p99', 'price']
        .map((title, at) => el(at && at < 9 ? 'th.number' : 'th', {scope: 'col'}, title)))),
      el('tbody', results.map((result) => el('tr',
        el('th', {scope: 'row'}, result.model_name),
        el('td.number', percent(result.headline.value)), el('td.number', interval(result.headline.ci95)),
        el('td.number', count(result.scored)), el('td.number', usd(result.cost.usd_per_task)),
        el('td.number', usd(result.cost.usd_per_correct)), el('td.number', ms(result.latency_ms.total.p50)),
        el('td.number', ms(result.latency_ms.total.p95)), el('td.number', ms(result.latency_ms.total.p99)),
        el('td', result.cost.price ? [result.cost.price.source, result.cost.price.as_of].filter(Boolean).join(', ') : 'not known')))))));

  const draw_pictures = (board, host) => {
    const results = shown_of(board, state.suite);
    const some_price = results.some((result) => result.cost.usd_per_task > 0 && is_known(result));
    const axis_name = state.x || (some_price ? 'usd' : 'p50');
    const axis = {...axes[axis_name], y: board.suites[state.suite].metric};
    const placed = results.filter((result) => is_known(result) && axis.of(result) > 0);
    const left_out = results.filter((result) => !placed.includes(result));
    const picture = el('div.picture');
    const choice = (name, text) => el('button', {type: 'button', 'aria-pressed': String(axis_name === name), onclick: () => {
      state.x = name;
      draw_pictures(board, host);
    }}, text);
    const suite_choice = el('select', {'aria-label': 'Suite', onchange: (event) => {
      state.suite = Number(event.target.value);
      location.hash = assay.hash_text({suite: event.target.value});
      draw_pictures(board, host);
    }}, board.suites.map((suite, at) => el('option', {value: String(at), selected: at === state.suite}, assay.suite_label(suite))));
    const timed = results.filter((result) => result.latency_ms.distribution.counts.length);
    const humps = el('div.picture');
    fill(host,
      el('div.row', el('h1', 'Leaderboard'), suite_choice),
      el('p.lead', sentence(results)),
      el('div.figures',
        el('section.panel', {'aria-label': 'Quality against cost'},
          el('div.row', el('h2', axis_name === 'usd' ? 'Quality against price' : 'Quality against time'),
            el('span.choices', {role: 'group', 'aria-label': 'Horizontal axis'},
              choice('usd', '$ a task'), choice('p50', 'median'), choice('p95', 'p95'))),
          picture,
          el('p.small.soft', 'Whiskers: 95 % intervals. Dotted: the Pareto line, below which another is both better and ' +
            'cheaper or faster.', left_out.length ? ` Not drawn, because ${axis_name === 'usd' ? 'no price' : 'no time'} ` +
            `is known: ${left_out.map((result) => result.model_name).join(', ')}.` : '')),
        el('section.panel', {'aria-label': 'Latency'}, el('h2', 'How long an answer takes'), humps,
          el('p.small.soft', timed.length ? 'Strokes: the median and, further right, the 95th percentile.' : 'No times are known.'))),
      numbers_table(results));
    if (placed.length) {
      assay.chart.scatter(picture, placed.map((result) => ({
        x: axis.of(result), y: result.headline.value,
        low: (result.headline.ci95 || [result.headline.value])[0], high: (result.headline.ci95 || [0, result.headline.value])[1],
        name: result.model_name, grey: !result.rank, label: point_label(result, axis), choose: () => open_cell(result),
      })), axis);
    } else {
      fill(picture, el('p.soft', axis_name === 'usd' ? 'No price is known of any model here.' : 'No time is known of any model here.'));
    }
    if (timed.length) {
      assay.chart.times(humps, timed.map((result) => ({
        name: result.model_name, ...result.latency_ms.distribution,
        p50: result.latency_ms.total.p50, p95: result.latency_ms.total.p95,
      })));
    }
  };

  // ---- the table --------------------------------------------------------------------------------------------------
  const bar = (result, scale) => {
    const [low, high] = result.headline.ci95 || [result.headline.value, result.headline.value];
    const place = (value) => `${Math.max(0, Math.min(100, (value - scale[0]) / (scale[1] - scale[0]) * 100))}%`;
    const span = el('span');
    span.style.left = place(low);
    span.style.right = `calc(100% - ${place(high)})`;
    const tick = el('i');
    tick.style.left = place(result.headline.value);
    return el('span.bar', {'aria-hidden': 'true'}, span, tick);
  };

  const cell = (result, scale, most_items) => {
    if (!result) return el('td', el('span.soft', {'aria-label': 'not asked'}, '·'));
    const items = result.scored !== most_items || result.state !== 'complete' ? `${count(result.scored)} items` : null;
    const state_text = result.state === 'running'
      ? `running: ${count(result.scored + result.failed)} of ${count(result.items)}` : result.unranked;
    return el(result.rank ? 'td' : 'td.unranked', el('button.cell', {type: 'button', onclick: () => open_cell(result)},
      result.rank ? el(result.rank[0] === 1 ? 'span.rank.first' : 'span.rank',
        {title: 'Rank: a range where the items do not tell models apart'}, `rank ${rank(result.rank)}`) : null,
      el('span.value', percent(result.headline.value)),
      is_known(result) ? bar(result, scale) : null,
      el('span.small', [result.headline.ci95 ? interval(result.headline.ci95) : null, items, state_text].filter(Boolean).join(' · '))));
  };

  const scale_of = (results) => {
    const known = results.filter(is_known).flatMap((result) => result.headline.ci95 || [result.headline.value]);
    if (!known.length) return [0, 1];
    return [Math.floor(Math.min(...known) * 20) / 20, Math.max(Math.ceil(Math.max(...known) * 20) / 20, 0.05)];
  };

  const dates = (values) => {
    const unique = [...new Set(values)].sort((a, b) => (a < b ? -1 : 1));
    const whole = (text) => el('span.whole', text);
    return unique.length === 1 ? whole(unique[0]) : [whole(`${unique[0]} –`), ' ', whole(unique[unique.length - 1])];
  };

  const suite_head = (suite, at, results, scale, redraw) => {
    const items = results.map((result) => result.items);
    const most = Math.max(...items);
    const least = Math.min(...items);
    return el('th', {scope: 'col', 'aria-sort': state.sort === at ? (state.descending ? 'descending' : 'ascending') : 'none'},
      el('button.sort', {type: 'button', onclick: () => {
        state.descending = state.sort === at ? !state.descending : true;
        state.sort = at;
        redraw();
      }}, suite.options.strategy ? `${suite.suite} · ${suite.options.strategy}` : suite.suite),
      suite.starter ? [' ', el('span.tag.warn', 'starter items')] : null,
      el('span.about', [suite.protocol, `${suite.shots} shots`, suite.samples > 1 ? `${suite.samples} samples` : null, suite.metric,
        ...assay.options_beside_strategy(suite)].filter(Boolean).join(' · ')),
      el('span.about', el('span.whole', `${least === most ? count(most) : `${count(least)} – ${count(most)}`} items`), ' · ',
        dates(results.map((result) => day(result.run_info.started)))),
      el('span.about', `bars: ${percent(scale[0], 0)} – ${percent(scale[1], 0)} %`));
  };

  const draw_table = (board, host) => {
    const by_place = new Map(board.results.filter((result) => result.shown)
      .map((result) => [`${result.model}/${result.suite}`, result]));
    const at = (model, suite) => by_place.get(`${model}/${suite}`);
    const models = board.models.map((name, number) => number).filter((model) =>
      board.suites.some((suite, number) => at(model, number)));
    const redraw = () => draw_table(board, host);
    const value_of = (model) => {
      const found = at(model, state.sort);
      return found && is_known(found) ? [found.rank ? 1 : 0, found.headline.value] : [-1, 0];
    };
    if (state.sort === 'name') {
      models.sort((a, b) => board.models[a].localeCompare(board.models[b]) * (state.descending ? -1 : 1));
    } else {
      if (state.sort === null) state.sort = state.suite;
      models.sort((a, b) => {
        const [one, other] = [value_of(a), value_of(b)];
        if (one[0] < 0 || other[0] < 0) return other[0] - one[0];
        return (other[0] - one[0]) || (other[1] - one[1]) * (state.descending ? 1 : -1);
      });
    }
    const columns = board.suites.map((suite, number) => shown_of(board, number));
    const scales = columns.map(scale_of);
    const most = columns.map((results) => Math.max(...results.map((result) => result.items)));
    fill(host,
      el('div.row', el('h2', 'All models and suites'),
        el('span.small.soft', 'Ranks are ranges where the items do not tell models apart (95 %). A column is one suite as it ' +
          'was asked: nothing is ranked across columns. A cell opens its groups.')),
      el('div.scroll', {tabindex: 0, role: 'region', 'aria-label': 'Models by suites'}, el('table.board',
        el('thead', el('tr',
          el('th', {scope: 'col', 'aria-sort': state.sort === 'name' ? (state.descending ? 'descending' : 'ascending') : 'none'},
            el('button.sort', {type: 'button', onclick: () => {
              state.descending = state.sort === 'name' ? !state.descending : false;
              state.sort = 'name';
              redraw();
            }}, 'model')),
          board.suites.map((suite, number) => suite_head(suite, number, columns[number], scales[number], redraw)))),
        el('tbody', models.map((model) => el('tr', el('th', {scope: 'row'}, assay.breakable(board.models[model])),
          board.suites.map((suite, number) => cell(at(model, number), scales[number], most[number]))))))));
  };

  // ---- one cell: its groups and everything else that was measured -------------------------------------------------
  const heat_map = (groups) => {
    const known = groups.filter((group) => assay.known(group.value));
    const scale = d3.scaleLinear([d3.min(known, (group) => group.value), d3.max(known, (group) => group.value)], [0, 1]);
    const shade = d3.interpolateRgb(assay.colour('heat-low'), assay.colour('heat-high'));
    return el('ul.heat', groups.map((group) => {
      const tile = el('li', {title: `${assay.plural(group.scored, 'item')}, 95 %: ${interval(group.ci95)}`},
        el('b', percent(group.value)), group.name, el('br'), `n = ${count(group.scored)}`);
      const colour = d3.color(assay.known(group.value) ? shade((scale(group.value) || 0) * 0.85) : assay.colour('shade'));
      const part = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
      const {r, g, b} = colour.rgb();
      const luminance = 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
      tile.style.backgroundColor = String(colour);
      tile.style.color = luminance > 0.179 ? '#000000' : '#ffffff';
      return tile;
    }));
  };

  const facts = (pairs) => el('dl.facts', pairs.filter(([, value]) => assay.known(value) && value !== '')
    .map(([name, value]) => [el('dt', name), el('dd', value)]));

  const group_sections = (result) => {
    const levels = result.suite_info.group_levels.filter((level) => result.groups.some((group) => group.level === level));
    return levels.map((level) => {
      const groups = result.groups.filter((group) => group.level === level);
      return el('section', el('h3', `By ${level} (${groups.length})`), heat_map(groups),
        el('details', el('summary', 'Numbers'), el('div.scroll', {tabindex: 0, role: 'region', 'aria-label': `Numbers by ${level}`},
          el('table', el('thead', el('tr', [level, 'value, %', '95 %', 'items'].map((title, at) =>
            el(at ? 'th.number' : 'th', {scope: 'col'}, title)))),
          el('tbody', groups.map((group) => el('tr', el('th', {scope: 'row'}, group.name), el('td.number', percent(group.value)),
            el('td.number', interval(group.ci95)), el('td.number', count(group.scored)))))))));
    });
  };

  const open_cell = (result) => {
    const dialog = el('dialog', {'aria-label': `${result.model_name}, ${result.suite_info.suite}`});
    const price = result.cost.price;
    fill(dialog, el('div.sheet',
      el('div.row', el('h2', result.model_name), el('span.soft', assay.suite_label(result.suite_info)),
        result.unranked ? el('span.tag.warn', result.unranked) : el('span.tag', `rank ${rank(result.rank)}`),
        el('button.close', {type: 'button', onclick: () => dialog.close()}, 'Close')),
      facts([
        ...Object.entries(result.metrics).map(([name, metric]) =>
          [name, `${percent(metric.value)} %  (95 %: ${interval(metric.ci95)}${metric.interval ? `, ${metric.interval}` : ''})`]),
        ['items', `${count(result.scored)} scored of ${count(result.items)}` + (result.failed ? `, ${count(result.failed)} failed` : '') +
          (result.reused ? `, ${count(result.reused)} reused` : '') + (result.cut ? `, ${count(result.cut)} cut to fit` : '')],
        ['latency', `p50 ${ms(result.latency_ms.total.p50)}, p95 ${ms(result.latency_ms.total.p95)}, p99 ` +
          `${ms(result.latency_ms.total.p99)}, of ${assay.plural(result.latency_ms.total.count, 'answer')}`],
        ['first token', assay.known(result.latency_ms.first_token.p50) ? `p50 ${ms(result.latency_ms.first_token.p50)}, p95 ${ms(result.latency_ms.first_token.p95)}` : null],
        ['throughput', assay.known(result.throughput.items_per_s) ? `${result.throughput.items_per_s.toPrecision(3)} items/s` : null],
        ['tokens', `${count(result.tokens.prompt)} in, ${count(result.tokens.completion)} out`],
        ['cost', assay.known(result.cost.usd) ? `${usd(result.cost.usd)} in all, ${usd(result.cost.usd_per_task)} a task, ${usd(result.cost.usd_per_correct)} a correct answer` : 'not known'],
        ['judge', result.judge ? `${result.judge.model}: ${usd(result.judge.cost.usd)} of the cost, ${usd(result.judge.cost.usd_per_task)} a task, ` +
          assay.plural(result.judge.answers, 'answer') : null],
        ['price', price ? [price.source, price.as_of].filter(Boolean).join(', ') : null],
        ['errors', Object.entries(result.errors).map(([kind, number]) => `${kind}: ${number}`).join(', ')],
        ['run', `${result.run_info.id}, ${result.run_info.started}, ${result.run_info.assay_version}`],
        ['model file', result.model_sha256 ? `SHA-256 ${result.model_sha256.slice(0, 16)}…` : null],
        ['settings', Object.entries(result.settings).map(([key, value]) => `${key}=${value}`).join(', ')],
        ['data', result.suite_info.data_sha256 ? `SHA-256 ${result.suite_info.data_sha256.slice(0, 16)}…, suite version ${result.suite_info.suite_version}` : null],
      ]),
      el('div.row', el('a', {href: assay.explorer_link({a: result.link})}, 'Show every item'),
        el('a', {href: assay.explorer_link({a: result.link, f: 'wrong'})}, 'Show the wrong ones')),
      group_sections(result)));
    dialog.addEventListener('close', () => dialog.remove());
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) dialog.close();
    });
    document.body.append(dialog);
    dialog.showModal();
  };

  assay.start((board, comparisons, host) => {
    if (!board.results.length) {
      fill(host, el('h1', 'Leaderboard'), el('p', board.live ? 'No run file yet: this page follows the folder.' : 'No results.'));
      return;
    }
    const asked = Number(assay.hash_state().suite);
    if (board.suites[asked] && shown_of(board, asked).length) state.suite = asked;
    if (!shown_of(board, state.suite).length) state.suite = board.results.find((result) => result.shown).suite;
    const pictures = el('div', {id: 'pictures'});
    const table = el('section', {id: 'table', 'aria-label': 'Table'});
    pictures.className = table.className = 'stack';
    fill(host, pictures, table);
    draw_pictures(board, pictures);
    draw_table(board, table);
  });
})();
