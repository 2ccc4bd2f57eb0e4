#include "results/run_file/encoding.h"

#include "results/run_file/packer.h"
#include "results/run_file/sqlite.h"

namespace assay::run_file {
namespace {

// kOpenedBody: as kLoglikelihoodBody, with openings; kDroppablePromptBody and kDroppableChatBody: as kPromptBody and
// kChatBody, with parts that may be left out. Requests without any keep the bytes they always had.
enum : std::uint64_t {
  kLoglikelihoodBody = 1,
  kPromptBody = 2,
  kChatBody = 3,
  kOpenedBody = 4,
  kDroppablePromptBody = 5,
  kDroppableChatBody = 6
};

void pack_spans(Packer& packer, const std::vector<TextSpan>& spans) {
  packer.count(spans.size());
  for (const TextSpan& span : spans) {
    packer.count(span.begin);
    packer.count(span.end);
  }
}

std::vector<TextSpan> unpack_spans(Unpacker& unpacker, std::size_t size) {
  std::vector<TextSpan> spans(unpacker.elements(2));
  for (TextSpan& span : spans) {
    span.begin = static_cast<std::size_t>(unpacker.count());
    span.end = static_cast<std::size_t>(unpacker.count());
    if (span.begin > span.end || span.end > size) {
      fail("the run file is corrupted (a part of a prompt lies outside it)");
    }
  }
  return spans;
}

// Added to the aggregation of a metric whose items' samples vote: an older assay refuses such a metric, which it would
// take for a mean.
constexpr int kVoted = 64;

void pack_strings(Packer& packer, const std::vector<std::string>& strings) {
  packer.count(strings.size());
  for (const std::string& text : strings) packer.text(text);
}

std::vector<std::string> unpack_strings(Unpacker& unpacker) {
  std::vector<std::string> strings(unpacker.elements(1));
  for (std::string& text : strings) text = unpacker.text();
  return strings;
}

template <class T, class Read>
std::vector<T> unpack_list(std::string_view bytes, std::size_t least, Read read) {
  std::vector<T> list;
  if (bytes.empty()) return list;
  Unpacker unpacker(bytes);
  list.resize(unpacker.elements(least));
  for (T& element : list) read(unpacker, element);
  unpacker.end();
  return list;
}

}  // namespace

void encode_strings(const std::vector<std::string>& strings, std::string& out) {
  Packer packer(out);
  pack_strings(packer, strings);
}

void encode_pairs(const Pairs& pairs, std::string& out) {
  Packer packer(out);
  packer.count(pairs.size());
  for (const auto& [key, value] : pairs) {
    packer.text(key);
    packer.text(value);
  }
}

void encode_values(const Values& values, std::string& out) {
  Packer packer(out);
  packer.count(values.size());
  for (const auto& [key, value] : values) {
    packer.text(key);
    packer.real(value);
  }
}

void encode_groups(const std::vector<Group>& groups, std::string& out) {
  Packer packer(out);
  packer.count(groups.size());
  for (const Group& group : groups) {
    packer.text(group.level);
    packer.text(group.name);
  }
}

void encode_metrics(const std::vector<MetricSpec>& metrics, std::string& out) {
  Packer packer(out);
  packer.count(metrics.size());
  for (const MetricSpec& metric : metrics) {
    packer.text(metric.name);
    packer.text(metric.value);
    packer.integer(static_cast<int>(metric.aggregation) + (metric.vote ? kVoted : 0));
    packer.integer(metric.k);
    packer.text(metric.group_level);
    packer.count(metric.headline ? 1 : 0);
  }
}

void encode_price(const Price& price, std::string& out) {
  Packer packer(out);
  for (const auto* value :
       {&price.input_per_mtok, &price.output_per_mtok, &price.cached_input_per_mtok, &price.cache_write_per_mtok,
        &price.reasoning_per_mtok, &price.batch_factor, &price.usd_per_hour}) {
    packer.optional_real(*value);
  }
  packer.text(price.source);
  packer.text(price.as_of);
}

void encode_continuations(const std::vector<ContinuationScore>& scores, std::string& out) {
  Packer packer(out);
  packer.count(scores.size());
  for (const ContinuationScore& score : scores) {
    packer.real(score.logprob);
    packer.integer(score.tokens);
    packer.count(score.is_greedy ? 1 : 0);
  }
}

void encode_alternatives(const std::vector<TokenAlternative>& alternatives, std::string& out) {
  Packer packer(out);
  packer.count(alternatives.size());
  for (const TokenAlternative& alternative : alternatives) {
    packer.text(alternative.token);
    packer.real(alternative.logprob);
  }
}

std::string_view request_text(const Request& request) {
  if (const auto* loglikelihood = std::get_if<LoglikelihoodRequest>(&request.body)) return loglikelihood->context;
  const auto& generate = std::get<GenerateRequest>(request.body);
  return generate.messages.empty() ? generate.prompt : generate.messages.back().content;
}

void encode_request(const Request& request, std::string& out) {
  Packer packer(out);
  if (const auto* loglikelihood = std::get_if<LoglikelihoodRequest>(&request.body)) {
    packer.count(loglikelihood->openings.empty() ? kLoglikelihoodBody : kOpenedBody);
    if (!loglikelihood->openings.empty()) pack_strings(packer, loglikelihood->openings);
    pack_strings(packer, loglikelihood->continuations);
    pack_spans(packer, loglikelihood->droppable);
    packer.integer(loglikelihood->max_context_tokens);
    return;
  }
  const auto& generate = std::get<GenerateRequest>(request.body);
  const bool is_chat = !generate.messages.empty();
  if (generate.droppable.empty()) {
    packer.count(is_chat ? kChatBody : kPromptBody);
  } else {
    packer.count(is_chat ? kDroppableChatBody : kDroppablePromptBody);
    pack_spans(packer, generate.droppable);
  }
  if (!generate.messages.empty()) {
    packer.count(generate.messages.size());
    for (const Message& message : generate.messages) {
      packer.integer(static_cast<int>(message.role));
      packer.text(&message == &generate.messages.back() ? std::string_view() : std::string_view(message.content));
    }
  }
  pack_strings(packer, generate.stop);
  packer.integer(generate.max_tokens);
  packer.real(generate.temperature);
  packer.real(generate.top_p);
  packer.integer(generate.top_logprobs);
  pack_strings(packer, generate.choices);
}

std::vector<std::string> decode_strings(std::string_view bytes) {
  return unpack_list<std::string>(bytes, 1, [](Unpacker& unpacker, std::string& text) { text = unpacker.text(); });
}

Pairs decode_pairs(std::string_view bytes) {
  return unpack_list<std::pair<std::string, std::string>>(bytes, 2, [](Unpacker& unpacker, auto& pair) {
    pair.first = unpacker.text();
    pair.second = unpacker.text();
  });
}

Values decode_values(std::string_view bytes) {
  return unpack_list<std::pair<std::string, double>>(bytes, 9, [](Unpacker& unpacker, auto& pair) {
    pair.first = unpacker.text();
    pair.second = unpacker.real();
  });
}

std::vector<Group> decode_groups(std::string_view bytes) {
  return unpack_list<Group>(bytes, 2, [](Unpacker& unpacker, Group& group) {
    group.level = unpacker.text();
    group.name = unpacker.text();
  });
}

std::vector<MetricSpec> decode_metrics(std::string_view bytes) {
  return unpack_list<MetricSpec>(bytes, 6, [](Unpacker& unpacker, MetricSpec& metric) {
    metric.name = unpacker.text();
    metric.value = unpacker.text();
    std::int64_t aggregation = unpacker.integer();
    metric.vote = aggregation >= kVoted;
    if (metric.vote) aggregation -= kVoted;
    if (aggregation < 0 || aggregation > static_cast<int>(Aggregation::kSampleSpread)) {
      fail("the run file is corrupted (a metric with an unknown aggregation)");
    }
    metric.aggregation = static_cast<Aggregation>(aggregation);
    metric.k = unpacker.small();
    metric.group_level = unpacker.text();
    metric.headline = unpacker.flag();
  });
}

Price decode_price(std::string_view bytes) {
  Unpacker unpacker(bytes);
  Price price;
  for (auto* value :
       {&price.input_per_mtok, &price.output_per_mtok, &price.cached_input_per_mtok, &price.cache_write_per_mtok,
        &price.reasoning_per_mtok, &price.batch_factor, &price.usd_per_hour}) {
    *value = unpacker.optional_real();
  }
  price.source = unpacker.text();
  price.as_of = unpacker.text();
  unpacker.end();
  return price;
}

std::vector<ContinuationScore> decode_continuations(std::string_view bytes) {
  return unpack_list<ContinuationScore>(bytes, 10, [](Unpacker& unpacker, ContinuationScore& score) {
    score.logprob = unpacker.real();
    score.tokens = unpacker.small();
    score.is_greedy = unpacker.flag();
  });
}

std::vector<TokenAlternative> decode_alternatives(std::string_view bytes) {
  return unpack_list<TokenAlternative>(bytes, 9, [](Unpacker& unpacker, TokenAlternative& alternative) {
    alternative.token = unpacker.text();
    alternative.logprob = unpacker.real();
  });
}

void decode_request(std::string_view bytes, std::string text, Request& request) {
  Unpacker unpacker(bytes);
  const std::uint64_t body = unpacker.count();
  if (body == kLoglikelihoodBody || body == kOpenedBody) {
    LoglikelihoodRequest loglikelihood;
    if (body == kOpenedBody) loglikelihood.openings = unpack_strings(unpacker);
    loglikelihood.context = std::move(text);
    loglikelihood.continuations = unpack_strings(unpacker);
    loglikelihood.droppable = unpack_spans(unpacker, loglikelihood.context.size());
    loglikelihood.max_context_tokens = unpacker.small();
    unpacker.end();
    request.body = std::move(loglikelihood);
    return;
  }
  const bool may_be_shortened = body == kDroppablePromptBody || body == kDroppableChatBody;
  const bool is_chat = body == kChatBody || body == kDroppableChatBody;
  if (body != kPromptBody && !is_chat && !may_be_shortened) {
    fail("the run file is corrupted (an unknown kind of request)");
  }
  GenerateRequest generate;
  if (may_be_shortened) generate.droppable = unpack_spans(unpacker, text.size());
  if (is_chat) {
    generate.messages.resize(unpacker.elements(2));
    for (Message& message : generate.messages) {
      const std::int64_t role = unpacker.integer();
      if (role < 0 || role > static_cast<int>(Role::kAssistant)) {
        fail("the run file is corrupted (a message with an unknown role)");
      }
      message.role = static_cast<Role>(role);
      message.content = unpacker.text();
    }
    if (!generate.messages.empty()) generate.messages.back().content = std::move(text);
  } else {
    generate.prompt = std::move(text);
  }
  generate.stop = unpack_strings(unpacker);
  generate.max_tokens = unpacker.small();
  generate.temperature = unpacker.real();
  generate.top_p = unpacker.real();
  generate.top_logprobs = unpacker.small();
  generate.choices = unpack_strings(unpacker);
  unpacker.end();
  request.body = std::move(generate);
}

}  // namespace assay::run_file
