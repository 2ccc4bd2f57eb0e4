// One item, whole: prompt as sent, the answers side by side, why right or wrong, tokens, time, money.
'use strict';

(() => {
  const {el, usd, ms, count} = assay;

  // ---- items from their chunks -----------------------------------------------------------------------------------
  const chunk_of = (chunks, at) => {
    let low = 0;
    let high = chunks.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (chunks[middle] <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  // A chunk's prompts: each is given as what it has in common with the one before, and the rest.
  assay.prompts_of = (chunk) => {
    let previous = '';
    return chunk.map((question) => {
      previous = previous.slice(0, question.prompt[0]) + question.prompt[1];
      return previous;
    });
  };

  // {prompt, choices, target} of the item at `at` of a question index.
  assay.read_question = async (suite, index, version, at) => {
    const number = chunk_of(index.chunks, at);
    const chunk = await assay.load_kept(`${suite.questions}/${number}`, version);
    const inside = at - index.chunks[number];
    let prompt = '';
    for (let i = 0; i <= inside; ++i) prompt = prompt.slice(0, chunk[i].prompt[0]) + chunk[i].prompt[1];
    return {...chunk[inside], prompt};
  };

  // The samples of the item at `at` of an answer index.
  assay.read_samples = async (result, index, at) => {
    const number = chunk_of(index.chunks, at);
    const chunk = await assay.load_kept(`${result.data}/${number}`, result.version);
    return chunk[at - index.chunks[number]];
  };

  assay.sent_text = (sample, question) => {
    const prompt = sample.prompt || question.prompt;
    if (!sample.sent) return prompt;
    if (typeof sample.sent === 'string') return sample.sent;
    return sample.sent[0] + prompt.slice(sample.sent[1]) + sample.sent[2];
  };

  // ---- text with its special parts shown --------------------------------------------------------------------------
  // Special tokens as templates write them: <|…|>, <s>, </s>, <bos>, <start_of_turn>, [INST].
  const special = /<\|[^|<>\n]{1,40}\|>|<\/?s>|<(?:bos|eos|pad|unk)>|<(?:start|end)_of_turn>|\[\/?INST\]/g;
  // Characters that would not be seen, or would turn the text round.
  const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

  const plain_parts = (text) => {
    const parts = [];
    let end = 0;
    for (const found of text.matchAll(unseen)) {
      parts.push(text.slice(end, found.index), el('span.token', {title: 'a character that cannot be seen'},
        `U+${found[0].charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`));
      end = found.index + found[0].length;
    }
    parts.push(text.slice(end));
    return parts;
  };

  assay.shown_text = (text, tokens) => {
    if (!tokens) return plain_parts(text);
    const parts = [];
    let end = 0;
    for (const found of text.matchAll(special)) {
      parts.push(...plain_parts(text.slice(end, found.index)), el('span.token', found[0]));
      end = found.index + found[0].length;
    }
    return [...parts, ...plain_parts(text.slice(end))];
  };

  // Where the extracted answer was read: its last place in the text, as a word where it is short.
  const place_of = (text, extracted) => {
    if (!extracted) return -1;
    if (extracted.length > 3) return text.lastIndexOf(extracted);
    let found = -1;
    const is_word = (at) => at >= 0 && at < text.length && /[\p{L}\p{N}]/u.test(text[at]);
    for (let at = text.indexOf(extracted); at >= 0; at = text.indexOf(extracted, at + 1)) {
      if (!is_word(at - 1) && !is_word(at + extracted.length)) found = at;
    }
    return found;
  };

  const answer_text = (text, extracted) => {
    const at = place_of(text, extracted);
    if (at < 0) return assay.shown_text(text, true);
    return [assay.shown_text(text.slice(0, at), true), el('mark', {title: 'read as the answer'}, assay.shown_text(extracted)),
      assay.shown_text(text.slice(at + extracted.length), true)];
  };

  // ---- the score, as a mark ---------------------------------------------------------------------------------------
  assay.score_mark = (value, failure) => {
    if (failure) return el('span.score.failed', {title: `failed: ${failure}`}, failure === 'timeout' ? '⏱' : '!');
    if (!assay.known(value)) return el('span.score.none', {title: 'not asked'}, '·');
    if (value >= 1) return el('span.score.right', {title: 'right'}, '✓');
    if (value <= 0) return el('span.score.wrong', {title: 'wrong'}, '✗');
    return el('span.score.part', {title: `score ${value}`}, `${Math.round(value * 100)}%`);
  };

  const options_table = (question, sample) => {
    const choices = question.choices || [];
    if (!choices.length) return null;
    const logprobs = sample.logprobs;
    const letters = choices.map((choice, at) => (choices.every((one) => one.length <= 2) ? null : String(at)));
    const best = logprobs ? Math.max(...logprobs) : null;
    const is_target = (choice, at) => question.target === choice || question.target === String(at) ||
      question.target === String.fromCharCode(65 + at);
    if (!logprobs && choices.every((choice) => choice.length <= 2)) return null;
    return el('div.scroll', {tabindex: 0, role: 'region', 'aria-label': 'Choices'}, el('table.options',
      el('thead', el('tr', el('th', {scope: 'col'}, 'choice'), logprobs ? el('th.number', {scope: 'col'}, 'log-probability') : null)),
      el('tbody', choices.map((choice, at) => el(is_target(choice, at) ? 'tr.target' : 'tr',
        el('td', letters[at] === null ? null : `${letters[at]}: `, assay.shown_text(choice),
          is_target(choice, at) ? el('span.soft', '  ← right') : null),
        logprobs ? el('td.number', logprobs[at] === best ? el('b', `▸ ${logprobs[at].toFixed(3)}`) : logprobs[at].toFixed(3)) : null)))));
  };

  const facts = (sample) => {
    const tokens = sample.tokens || {};
    const pairs = [
      ['tokens', [['in', tokens.prompt], ['out', tokens.completion], ['reasoning', tokens.reasoning], ['cached', tokens.cached],
        ['evaluated', tokens.evaluated]].filter(([, value]) => assay.known(value)).map(([name, value]) => `${count(value)} ${name}`).join(', ')],
      ['time', assay.known(sample.total_ms) ? ms(sample.total_ms) +
        (assay.known(sample.first_token_ms) ? `, first token after ${ms(sample.first_token_ms)}` : '') : null],
      ['cost', assay.known(sample.usd) ? usd(sample.usd) : null],
      ['attempts', sample.attempts || 1],
      ['ended', sample.finish_reason], ['note', sample.note], ['reused', sample.reused ? 'yes, not asked again' : null],
      ['scores', sample.scores ? Object.entries(sample.scores).map(([name, value]) => `${name} ${value}`).join(', ') : null],
    ];
    return el('dl.facts', pairs.filter(([, value]) => value).map(([name, value]) => [el('dt', name), el('dd', String(value))]));
  };

  const sample_body = (question, sample, with_prompt) => {
    const kind = sample.error ? 'failed' : sample.score >= 1 ? 'right' : 'wrong';
    return [
      sample.error ? el('p.why.failed', `No answer (${sample.error.kind}): `, assay.shown_text(sample.error.message)) : null,
      sample.why ? el(`p.why.${kind}`, assay.shown_text(sample.why)) : null,
      el('dl.facts', [['read as', sample.extracted], ['right is', question.target]].filter(([, value]) => value)
        .map(([name, value]) => [el('dt', name), el('dd', el('code', assay.shown_text(value)))])),
      sample.detail ? el('pre.text', {tabindex: 0}, assay.shown_text(sample.detail)) : null,
      assay.known(sample.completion) ? el('pre.text', {tabindex: 0, 'aria-label': 'Answer'},
        sample.completion === '' ? el('span.soft', '(empty)') : answer_text(sample.completion, sample.extracted)) : null,
      sample.reasoning ? el('details', el('summary', 'Reasoning'), el('pre.text', {tabindex: 0}, assay.shown_text(sample.reasoning, true))) : null,
      options_table(question, sample),
      sample.top_logprobs ? el('details', el('summary', 'Alternatives of the first token'),
        el('pre.text', {tabindex: 0}, sample.top_logprobs.map(([token, logprob]) => `${logprob.toFixed(3)}  ${JSON.stringify(token)}\n`))) : null,
      facts(sample),
      with_prompt && (sample.sent || sample.prompt) ? el('details', el('summary', 'Prompt as this model saw it'),
        el('pre.text', {tabindex: 0}, assay.shown_text(assay.sent_text(sample, question), true))) : null,
    ];
  };

  const title_of = ({letter, result}) => [letter, result.model_name, result.suite_info.options.strategy].filter(Boolean).join(' · ');

  // One model's answer to the item; several samples have a button each.
  const answer_card = (answer, question, with_prompt) => {
    const {letter, result, samples, value, failure} = answer;
    const card = el('section.answer', {'aria-label': `Answer ${letter}`});
    const body = el('div.stack');
    const show = (at) => assay.fill(body, sample_body(question, samples[at], with_prompt));
    const buttons = samples.length < 2 ? null : el('div.filters', {role: 'group', 'aria-label': 'Samples'},
      samples.map((sample, at) => el('button', {type: 'button', 'aria-pressed': String(at === 0), onclick: (event) => {
        for (const button of buttons.children) button.setAttribute('aria-pressed', String(button === event.currentTarget));
        show(at);
      }}, `${at + 1} ${sample.error ? '!' : sample.score >= 1 ? '✓' : '✗'}`)));
    assay.fill(card, el('header.row', assay.score_mark(value, failure), el('h3', title_of(answer)),
      el('span.small.soft', assay.day(result.run_info.started))), buttons, body);
    show(0);
    return card;
  };

  // answers: {letter, result, samples, value, failure, question}; samples null where the item was not asked of that
  // model; question where it was asked by another strategy than the first.
  assay.draw_item = (host, item, question, answers, tools) => {
    const any = answers.find((answer) => answer.samples);
    const prompt_section = (title, text) => el('section.stack', el('h3', title),
      el('pre.text.wide', {tabindex: 0, 'aria-label': title}, assay.shown_text(text, true)));
    const sent = (answer) => assay.sent_text(answer.samples[0], answer.question || question);
    const apart = answers.filter((answer) => answer.samples && answer.question);
    assay.fill(host,
      el('header', el('h2.item', item.id), item.groups.map((group) => el('span.tag', group)), tools || null),
      el('div.answers', answers.map((answer) => answer.samples
        ? answer_card(answer, answer.question || question, answers.length > 1 || answer.samples.length > 1)
        : el('section.answer', el('h3', title_of(answer)), el('p.soft', 'This item was not asked of it.')))),
      prompt_section('Prompt as sent', any ? sent(any) : question.prompt),
      apart.map((answer) => prompt_section(`Prompt as sent: ${title_of(answer)}`, sent(answer))));
  };
})();
