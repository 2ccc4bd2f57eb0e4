// What an adapter is given: one item's question, in one of the two forms in which models are asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace assay {

enum class Role { kSystem, kUser, kAssistant };

/// One turn of a conversation. `content` is data: special-token text inside it is plain text to the model.
struct Message {
  Role role = Role::kUser;
  std::string content;
  bool operator==(const Message&) const = default;
};

/// A part [begin, end) of a prompt, in bytes.
struct TextSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const TextSpan&) const = default;
};

/// Take text from the model. Exactly one of `messages` and `prompt` is used.
struct GenerateRequest {
  std::vector<Message> messages;     ///< chat form; a last assistant message is continued (prefill)
  std::string prompt;                ///< completion form, sent as it is; used where `messages` is empty
  std::vector<std::string> stop;     ///< generation ends before the first of these; they are not in the text
  int max_tokens = 256;              ///< at most so many new tokens
  double temperature = 0;            ///< 0: greedy
  double top_p = 1;                  ///< nucleus sampling; 1: off
  std::uint64_t seed = 0;            ///< of this very sample; has no effect at temperature 0
  int top_logprobs = 0;              ///< > 0: the first token's so many best alternatives are wanted too
  std::vector<std::string> choices;  ///< short answers that would be valid (letters), where the suite knows them
  /// Parts of the last message, or of `prompt`, that may be left out, the last of them first, until prompt and
  /// `max_tokens` fit the model's context (retrieved passages). Ascending, not overlapping.
  std::vector<TextSpan> droppable = {};
  bool operator==(const GenerateRequest&) const = default;
};

/// Compare the log-probabilities of continuations of one context.
struct LoglikelihoodRequest {
  std::string context;                     ///< may be empty: continuations follow the vocabulary's BOS or EOS
  std::vector<std::string> continuations;  ///< all of the item's choices, each scored after `context`
  /// Parts of `context` that may be left out, the last of them first, until it fits `max_context_tokens`
  /// (the few-shot examples of MMLU's original protocol, retrieved passages). Ascending, not overlapping.
  std::vector<TextSpan> droppable;
  /// Above so many tokens of context + continuation, `droppable` parts are left out; 0: the model's own limit.
  int max_context_tokens = 0;
  /// Text between `context` and each continuation, which is given and not scored (WinoGrande's two names, before the
  /// same rest of the sentence); as many as continuations, or none.
  std::vector<std::string> openings = {};
  bool operator==(const LoglikelihoodRequest&) const = default;

  /// What the `index`-th continuation has before it and after `context`; empty without openings.
  [[nodiscard]] std::string opening(std::size_t index) const {
    return index < openings.size() ? openings[index] : std::string();
  }
};

/// A request of one item, with what the harness needs to find its way back.
struct Request {
  std::string item;        ///< Item::id
  std::int64_t order = 0;  ///< position of the item in the run, ascending in file order within a suite
  int sample = 0;          ///< which of the item's samples, from 0
  std::variant<GenerateRequest, LoglikelihoodRequest> body;
};

}  // namespace assay
