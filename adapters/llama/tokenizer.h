// Text to tokens and back, as the model's vocabulary and the reference implementation say (protocols.md A8).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct llama_vocab;

namespace assay::llama {

using Token = std::int32_t;

/// A piece of a prompt: the model's own template text, or data that nobody may take for the template's.
struct TextPart {
  std::string text;
  bool is_data = true;  ///< special-token text inside is plain text
};

/// A continuation and what it continues, as lm-evaluation-harness's `_encode_pair` splits them.
struct EncodedPair {
  std::vector<Token> context;       ///< BOS included where the vocabulary asks for it; never empty
  std::vector<Token> continuation;  ///< what the whole has more than the context alone, by count
};

/// A model's vocabulary. Holds a pointer into the model, which must outlive it. Thread-safe.
class Tokenizer {
 public:
  explicit Tokenizer(const llama_vocab* vocabulary);

  /// Tokens of `text` as data, BOS in front where the vocabulary asks for it, never twice.
  [[nodiscard]] std::vector<Token> encode(std::string_view text) const;

  /// Tokens of a rendered prompt: special tokens are recognised in the template's parts only. BOS as in encode().
  [[nodiscard]] std::vector<Token> encode(const std::vector<TextPart>& parts) const;

  /// lm-eval's `_encode_pair` for a context and one continuation: trailing white space of the context moves to the
  /// continuation; both texts are encoded whole, and the continuation is what the whole has after as many tokens as
  /// the context has alone (so that both may differ from the whole where text merges across the border, as there).
  /// An empty context, or one of blanks, is the prefix token (BOS, or else EOS).
  [[nodiscard]] EncodedPair encode_pair(const std::vector<TextPart>& context, std::string_view continuation) const;

  /// The same for each of several continuations; the context is encoded once.
  [[nodiscard]] std::vector<EncodedPair> encode_pairs(const std::vector<TextPart>& context,
                                                      const std::vector<std::string>& continuations) const;

  /// The bytes a token stands for in text; empty for control tokens. May end within a UTF-8 sequence.
  [[nodiscard]] std::string piece(Token token) const;

  /// Whether a model that says this token has ended its answer.
  [[nodiscard]] bool is_end(Token token) const;

  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] const std::string& bos_text() const { return bos_text_; }
  [[nodiscard]] const std::string& eos_text() const { return eos_text_; }

 private:
  /// A token that only a template may say.
  struct Special {
    std::string text;
    Token token = 0;
    bool strips_left = false;
    bool strips_right = false;
  };

  void append_plain(std::vector<Token>& tokens, std::string_view text) const;

  const llama_vocab* vocabulary_;
  int size_ = 0;
  bool adds_bos_ = false;
  Token bos_ = -1;
  Token prefix_ = -1;
  std::string bos_text_;
  std::string eos_text_;
  std::vector<Special> specials_;  ///< longest text first
};

}  // namespace assay::llama
