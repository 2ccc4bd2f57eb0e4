// The explorer: show me the item. A list that draws only the rows in sight, filters, search, and an item beside it.
'use strict';

(() => {
  const {el, fill, count} = assay;
  const kRow = 52; // pixels, as in site.css

  const kinds = {
    all: {text: 'All', test: () => true},
    right: {text: 'A right', test: (row) => row.a >= 1},
    wrong: {text: 'A wrong', test: (row) => row.a !== null && row.a < 1},
    lost: {text: 'A right, B wrong', pair: true, test: (row) => row.a !== null && row.b !== null && row.a > row.b},
    gained: {text: 'A wrong, B right', pair: true, test: (row) => row.a !== null && row.b !== null && row.a < row.b},
    both_right: {text: 'both right', pair: true, test: (row) => row.a >= 1 && row.b >= 1},
    both_wrong: {text: 'both wrong', pair: true, test: (row) => row.a === 0 && row.b === 0},
    errors: {text: 'errors', test: (row) => Boolean(row.a_failure || row.b_failure)},
    timeouts: {text: 'timeouts', test: (row) => row.a_failure === 'timeout' || row.b_failure === 'timeout'},
  };
  const orders = {
    file: {text: 'in file order', by: null},
    slow: {text: 'slowest first', by: (row) => -(row.ms || 0)},
    dear: {text: 'dearest first', by: (row) => -(row.usd || 0)},
    long: {text: 'longest answers first', by: (row) => -(row.tokens || 0)},
  };

  let board;
  let state;
  let suite;
  let results = []; // A and, where chosen, B
  let questions; // index
  let answers = []; // indexes of A and B
  let version;
  let rows = []; // of every item that A or B was asked
  let listed = []; // rows that pass filter and search
  let selected = -1; // in listed
  let found_in_texts = null; // orders found by the search through whole texts
  const parts = {};

  // ---- state ------------------------------------------------------------------------------------------------------
  const result_of = (link) => board.results.find((result) => result.link === link);
  const remember = () => {
    const text = assay.hash_text({...state, f: state.f === 'all' ? '' : state.f, s: state.s === 'file' ? '' : state.s});
    if (text !== location.hash.slice(1)) history.replaceState(null, '', `#${text}`);
  };

  // ---- reading ----------------------------------------------------------------------------------------------------
  const answers_by_order = (index) => {
    const places = new Map();
    index.orders.forEach((order, at) => places.set(order, at));
    return {index, places, failures: new Map(index.failures)};
  };

  const read = async () => {
    const a = result_of(state.a);
    suite = a.suite_info;
    const b = state.b ? result_of(state.b) : null;
    results = b && b.suite === a.suite ? [a, b] : [a];
    if (results.length === 1) state.b = '';
    version = board.version;
    const [index, ...read_answers] = await Promise.all([
      assay.load(`${suite.questions}/index`, version),
      ...results.map((result) => assay.load(`${result.data}/index`, result.version))]);
    questions = index;
    answers = read_answers;
    const sides = answers.map(answers_by_order);
    rows = [];
    index.orders.forEach((order, at) => {
      const places = sides.map((side) => side.places.get(order));
      if (places.every((place) => place === undefined)) return;
      const pick = (side, column) => (places[side] === undefined || !sides[side] ? null : sides[side].index[column][places[side]]);
      const failure = (side) => (places[side] === undefined || !sides[side] ? null : sides[side].failures.get(places[side]) || null);
      rows.push({
        order, at, places, id: index.ids[at], snippet: index.snippets[at],
        a: pick(0, 'values'), b: pick(1, 'values'), a_failure: failure(0), b_failure: failure(1),
        ms: pick(0, 'ms'), usd: pick(0, 'usd'), tokens: pick(0, 'tokens'),
        text: `${index.ids[at]}\n${index.snippets[at]}\n${pick(0, 'extracted') || ''}\n${pick(1, 'extracted') || ''}`.toLowerCase(),
      });
    });
    rows.sort((one, other) => one.order - other.order);
    found_in_texts = null;
  };

  // ---- filters and search -----------------------------------------------------------------------------------------
  const choose_rows = (keep_id) => {
    const words = (state.q || '').toLowerCase();
    const kind = kinds[state.f];
    listed = rows.filter((row) => kind.test(row) && (!words || row.text.includes(words) ||
      (found_in_texts !== null && found_in_texts.has(row.order))));
    const by = orders[state.s].by;
    if (by) listed = listed.map((row) => [by(row), row]).sort((x, y) => x[0] - y[0]).map((pair) => pair[1]);
    selected = keep_id ? listed.findIndex((row) => row.id === keep_id) : -1;
    parts.found.textContent = `${count(listed.length)} of ${count(rows.length)} items`;
    parts.rows.style.height = `${listed.length * kRow}px`;
    parts.texts.hidden = !words || found_in_texts !== null;
    draw_rows(true);
  };

  // Goes through every chunk, a few at a time, so that the page stays usable.
  const search_texts = async () => {
    const words = state.q.toLowerCase();
    const found = new Set();
    const through = async (name, chunks, chunk_version, orders_of, text_of) => {
      for (let number = 0; number < chunks.length; ++number) {
        const chunk = await assay.load(`${name}/${number}`, chunk_version);
        text_of(chunk).forEach((text, inside) => {
          if (text.toLowerCase().includes(words)) found.add(orders_of[chunks[number] + inside]);
        });
        parts.found.textContent = `searching: part ${number + 1} of ${chunks.length}`;
        if (state.q.toLowerCase() !== words) return false;
      }
      return true;
    };
    parts.texts.hidden = true;
    if (!await through(suite.questions, questions.chunks, version, questions.orders, assay.prompts_of)) return;
    for (const [side, result] of results.entries()) {
      const index = answers[side];
      const texts = (chunk) => chunk.map((samples) => samples.map((sample) =>
        [sample.completion, sample.why, sample.detail, sample.error && sample.error.message].filter(Boolean).join('\n')).join('\n'));
      if (!await through(result.data, index.chunks, result.version, index.orders, texts)) return;
    }
    found_in_texts = found;
    choose_rows(selected >= 0 ? listed[selected].id : null);
  };

  // ---- the list: rows in sight only -------------------------------------------------------------------------------
  const drawn = new Map(); // place in `listed` -> element
  const draw_rows = (anew) => {
    if (anew) {
      drawn.clear();
      parts.rows.replaceChildren();
    }
    const first = Math.max(0, Math.floor(parts.list.scrollTop / kRow) - 6);
    const last = Math.min(listed.length, Math.ceil((parts.list.scrollTop + parts.list.clientHeight) / kRow) + 6);
    for (const [place, element] of drawn) {
      if (place < first || place >= last) {
        element.remove();
        drawn.delete(place);
      }
    }
    for (let place = first; place < last; ++place) {
      if (drawn.has(place)) continue;
      const row = listed[place];
      const element = el('li', {role: 'option', id: `row-${place}`, 'aria-selected': String(place === selected),
        'aria-setsize': listed.length, 'aria-posinset': place + 1, onclick: () => select(place, true)},
        el('span.marks', assay.score_mark(row.a, row.a_failure), results.length > 1 ? assay.score_mark(row.b, row.b_failure) : null),
        el('span.id', row.id), el('span.snippet', row.snippet));
      element.style.top = `${place * kRow}px`;
      drawn.set(place, element);
      parts.rows.append(element);
    }
  };

  const select = async (place, open) => {
    if (place < 0 || place >= listed.length) return;
    if (drawn.has(selected)) drawn.get(selected).setAttribute('aria-selected', 'false');
    selected = place;
    const top = place * kRow;
    if (top < parts.list.scrollTop) parts.list.scrollTop = top;
    if (top + kRow > parts.list.scrollTop + parts.list.clientHeight) parts.list.scrollTop = top + kRow - parts.list.clientHeight;
    draw_rows(false);
    if (drawn.has(place)) drawn.get(place).setAttribute('aria-selected', 'true');
    parts.list.setAttribute('aria-activedescendant', `row-${place}`);
    state.item = listed[place].id;
    remember();
    if (open) parts.explorer.classList.add('open');
    await show_item(listed[place]);
  };

  const show_item = async (row) => {
    const [question, ...samples] = await Promise.all([
      assay.read_question(suite, questions, version, row.at),
      ...results.map((result, side) => row.places[side] === undefined ? null
        : assay.read_samples(result, answers[side], row.places[side]))]);
    if (state.item !== row.id) return; // another was chosen meanwhile
    const step = (by, text) => el('button', {type: 'button', onclick: () => select(selected + by, true)}, text);
    assay.draw_item(parts.view,
      {id: row.id, groups: (questions.groups[row.at] || []).map((group) => questions.group_names[group].split('\u001f')[1])},
      question,
      results.map((result, side) => ({letter: 'AB'[side], result, samples: samples[side],
        value: side ? row.b : row.a, failure: side ? row.b_failure : row.a_failure})),
      el('div.row', el('button.back', {type: 'button', onclick: close_item}, '← List'), step(-1, '↑ k'), step(1, '↓ j'),
        el('a', {href: `#${location.hash.slice(1)}`, title: 'A link that shows this item beside these models'}, 'Link')));
    parts.view.scrollTop = 0;
  };

  const close_item = () => {
    parts.explorer.classList.remove('open');
    parts.list.focus();
  };

  // ---- tools ------------------------------------------------------------------------------------------------------
  const result_choice = (label, value, allowed, none, change) => {
    const choice = el('select', {onchange: (event) => change(event.target.value)},
      none ? el('option', {value: '', selected: !value}, none) : null,
      board.suites.map((one, number) => {
        const of_suite = allowed.filter((result) => result.suite === number);
        if (!of_suite.length) return null;
        return el('optgroup', {label: assay.suite_label(one)}, of_suite.map((result) =>
          el('option', {value: result.link, selected: result.link === value},
            `${result.model_name} · ${assay.day(result.run_info.started)}${result.state === 'complete' ? '' : ` · ${result.state}`}`)));
      }));
    return el('label', el('span', label), choice);
  };

  const draw_tools = () => {
    const a = result_of(state.a);
    parts.filters = el('div.filters', {role: 'group', 'aria-label': 'Filter'});
    parts.search = el('input', {type: 'search', placeholder: 'Search ids, questions, answers ( / )', 'aria-label': 'Search', value: state.q || '',
      oninput: () => {
        state.q = parts.search.value;
        found_in_texts = null;
        remember();
        parts.list.scrollTop = 0;
        choose_rows(state.item);
      }});
    parts.texts = el('button', {type: 'button', hidden: true, onclick: search_texts}, 'Search whole prompts and answers too');
    parts.fresh = el('button', {type: 'button', hidden: true, onclick: () => show_all()}, 'There are new answers: show them');
    parts.found = el('span.small.soft', {role: 'status'});
    const order = el('select', {'aria-label': 'Order', onchange: (event) => {
      state.s = event.target.value;
      remember();
      choose_rows(state.item);
    }}, Object.entries(orders).map(([name, one]) => el('option', {value: name, selected: name === state.s}, one.text)));
    order.style.width = 'auto';
    fill(parts.tools,
      result_choice('A', state.a, board.results, null, (link) => change({a: link, b: result_of(link).suite === a.suite ? state.b : ''})),
      result_choice('B', state.b, board.results.filter((result) => result.suite === a.suite && result !== a), 'none', (link) => change({b: link})),
      parts.filters, parts.search, parts.texts, parts.fresh,
      el('div.row', parts.found, order));
    draw_filters();
  };

  const draw_filters = () => {
    fill(parts.filters, Object.entries(kinds).filter(([, kind]) => !kind.pair || results.length > 1).map(([name, kind]) => {
      const number = rows.reduce((sum, row) => sum + (kind.test(row) ? 1 : 0), 0);
      return el('button', {type: 'button', 'aria-pressed': String(state.f === name), 'data-filter': name,
        onclick: () => filter(name)}, `${kind.text} ${count(number)}`);
    }));
  };

  const filter = (name) => {
    state.f = name;
    for (const button of parts.filters.children) button.setAttribute('aria-pressed', String(button.dataset.filter === name));
    remember();
    parts.list.scrollTop = 0;
    choose_rows(state.item);
  };

  const change = async (changes) => {
    Object.assign(state, changes);
    await show_all();
  };

  const show_all = async () => {
    const {item} = state;
    await read();
    if (kinds[state.f].pair && results.length < 2) state.f = 'all';
    draw_tools();
    remember();
    choose_rows(item);
    if (selected >= 0) {
      parts.list.scrollTop = Math.max(0, selected * kRow - parts.list.clientHeight / 3);
      await select(selected, Boolean(parts.opened_by_link));
    } else {
      fill(parts.view, el('p.soft', rows.length ? (item ? `${item} is not among the items listed.` : 'Choose an item: its prompt, answers and scores stand here.')
        : 'No records yet.'));
      draw_rows(true);
    }
    parts.opened_by_link = false;
  };

  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches('input, select, textarea');
    if (event.key === 'Escape') {
      if (typing) event.target.blur();
      close_item();
      return;
    }
    if (typing) {
      if (event.key === 'Enter' && event.target === parts.search) {
        parts.list.focus();
        select(0, false);
      }
      return;
    }
    const in_list = event.target === parts.list || event.target === document.body || event.target === parts.view || event.target.id === 'page';
    const page = Math.max(1, Math.floor(parts.list.clientHeight / kRow) - 1);
    const steps = {j: 1, k: -1, ...(in_list ? {ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page} : {})};
    if (event.key in steps && !(event.target === parts.view && event.key.length > 1)) {
      select(Math.max(0, Math.min(listed.length - 1, selected + steps[event.key])), false);
    } else if (in_list && event.key === 'Home') {
      select(0, false);
    } else if (in_list && event.key === 'End') {
      select(listed.length - 1, false);
    } else if (event.key === 'Enter' && in_list) {
      if (selected < 0) select(0, true);
      parts.explorer.classList.add('open');
      parts.view.focus();
    } else if (event.key === 'f') {
      const names = Object.keys(kinds).filter((name) => !kinds[name].pair || results.length > 1);
      filter(names[(names.indexOf(state.f) + 1) % names.length]);
    } else if (event.key === '/') {
      parts.search.focus();
    } else {
      return;
    }
    event.preventDefault();
  };

  const build = (host) => {
    parts.tools = el('div.tools');
    parts.rows = el('ul', {role: 'presentation'});
    parts.list = el('div.list', {tabindex: 0, role: 'listbox', 'aria-label': 'Items'}, parts.rows);
    parts.view = el('article.view', {tabindex: -1, 'aria-label': 'Item'});
    parts.explorer = el('div.explorer', el('h1.unseen', 'Explorer'),
      el('div.left', parts.tools, parts.list, el('div.hint', el('span', el('kbd', 'j'), ' ', el('kbd', 'k'), ' next, previous'),
        el('span', el('kbd', 'Enter'), ' open'), el('span', el('kbd', 'f'), ' filter'), el('span', el('kbd', '/'), ' search'))),
      parts.view);
    parts.list.addEventListener('scroll', () => draw_rows(false), {passive: true});
    new ResizeObserver(() => draw_rows(false)).observe(parts.list);
    document.addEventListener('keydown', keys);
    window.addEventListener('hashchange', () => {
      const wanted = read_state();
      if (assay.hash_text(wanted) === assay.hash_text(state)) return;
      state = wanted;
      parts.opened_by_link = Boolean(state.item);
      show_all();
    });
    fill(host, parts.explorer);
  };

  const read_state = () => {
    const given = assay.hash_state();
    const wanted = {a: given.a || '', b: given.b || '', f: given.f in kinds ? given.f : 'all', q: given.q || '',
      s: given.s in orders ? given.s : 'file', item: given.item || ''};
    if (!result_of(wanted.a)) wanted.a = (board.results.find((result) => result.shown) || board.results[0]).link;
    if (wanted.b && !result_of(wanted.b)) wanted.b = '';
    return wanted;
  };

  assay.start(async (given, comparisons, host, again) => {
    board = given;
    if (!board.results.length) {
      fill(host, el('p', 'No results.'));
      return;
    }
    if (again && parts.fresh) { // a live page does not move under its reader
      parts.fresh.hidden = false;
      return;
    }
    if (!parts.explorer) build(host);
    const wanted = read_state();
    parts.opened_by_link = Boolean(wanted.item);
    state = wanted;
    await show_all();
  });
})();
