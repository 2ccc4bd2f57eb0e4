#include "adapters/llama/tokenizer.h"

#include <llama.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace assay::llama {
namespace {

std::string token_text(const llama_vocab* vocabulary, Token token) {
  if (token < 0) {
    return {};
  }
  const char* text = llama_vocab_get_text(vocabulary, token);
  return text == nullptr ? std::string() : std::string(text);
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// What Python's str.isspace() takes beside ASCII's, in UTF-8.
constexpr std::string_view kUnicodeSpaces[] = {
    "\x1c",         "\x1d",         "\x1e",         "\x1f",         "\xc2\x85",     "\xc2\xa0",
    "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84",
    "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
    "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};

/// Where the white space at the end of `text` begins (what Python's rstrip() takes).
std::size_t trailing_space(std::string_view text) {
  for (bool found = true; found && !text.empty();) {
    found = is_space(text.back());
    std::size_t width = 1;
    for (const std::string_view space : kUnicodeSpaces) {
      if (!found && text.size() >= space.size() && text.substr(text.size() - space.size()) == space) {
        found = true;
        width = space.size();
      }
    }
    text.remove_suffix(found ? width : 0);
  }
  return text.size();
}

}  // namespace

Tokenizer::Tokenizer(const llama_vocab* vocabulary)
    : vocabulary_(vocabulary),
      size_(llama_vocab_n_tokens(vocabulary)),
      adds_bos_(llama_vocab_get_add_bos(vocabulary)),
      bos_(llama_vocab_bos(vocabulary)),
      bos_text_(token_text(vocabulary, llama_vocab_bos(vocabulary))),
      eos_text_(token_text(vocabulary, llama_vocab_eos(vocabulary))) {
  prefix_ = bos_ >= 0 ? bos_ : llama_vocab_eos(vocabulary);
  adds_bos_ = adds_bos_ && bos_ >= 0;
  for (Token token = 0; token < size_; ++token) {
    const auto attributes = static_cast<unsigned>(llama_vocab_get_attr(vocabulary, token));
    if ((attributes & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN)) != 0) {
      Special special{token_text(vocabulary, token), token, (attributes & LLAMA_TOKEN_ATTR_LSTRIP) != 0,
                      (attributes & LLAMA_TOKEN_ATTR_RSTRIP) != 0};
      if (!special.text.empty()) {
        specials_.push_back(std::move(special));
      }
    }
  }
  std::stable_sort(specials_.begin(), specials_.end(),
                   [](const Special& a, const Special& b) { return a.text.size() > b.text.size(); });
}

void Tokenizer::append_plain(std::vector<Token>& tokens, std::string_view text) const {
  if (text.empty()) {
    return;
  }
  if (text.size() > INT32_MAX / 2) {
    throw std::length_error("a prompt of more than a gigabyte");
  }
  const auto length = static_cast<std::int32_t>(text.size());
  const std::size_t before = tokens.size();
  tokens.resize(before + text.size() / 2 + 16);
  auto count = llama_tokenize(vocabulary_, text.data(), length, tokens.data() + before,
                              static_cast<std::int32_t>(tokens.size() - before), false, false);
  if (count < 0 && count != INT32_MIN) {
    tokens.resize(before + static_cast<std::size_t>(-count));
    count = llama_tokenize(vocabulary_, text.data(), length, tokens.data() + before, -count, false, false);
  }
  if (count < 0) {
    throw std::runtime_error("the vocabulary cannot tokenise the prompt");
  }
  tokens.resize(before + static_cast<std::size_t>(count));
}

std::vector<Token> Tokenizer::encode(std::string_view text) const {
  std::vector<Token> tokens;
  if (adds_bos_) {
    tokens.push_back(bos_);
    if (!bos_text_.empty() && text.substr(0, bos_text_.size()) == bos_text_) {
      text.remove_prefix(bos_text_.size());
    }
  }
  append_plain(tokens, text);
  return tokens;
}

std::vector<Token> Tokenizer::encode(const std::vector<TextPart>& parts) const {
  if (parts.size() == 1 && parts.front().is_data) {
    return encode(parts.front().text);
  }
  std::vector<Token> tokens;
  std::string plain;  // between two special tokens, template's and data together: merges cross their border
  bool skip_space = false;
  for (const TextPart& part : parts) {
    if (part.is_data) {
      plain += part.text;
      skip_space = false;
      continue;
    }
    for (std::size_t at = 0; at < part.text.size();) {
      const std::string_view rest = std::string_view(part.text).substr(at);
      const auto special = std::find_if(specials_.begin(), specials_.end(),
                                        [&](const Special& s) { return rest.substr(0, s.text.size()) == s.text; });
      if (special == specials_.end()) {
        skip_space = skip_space && is_space(rest.front());
        if (!skip_space) {
          plain += rest.front();
        }
        ++at;
        continue;
      }
      if (special->strips_left) {
        plain.resize(trailing_space(plain));
      }
      append_plain(tokens, plain);
      plain.clear();
      tokens.push_back(special->token);
      skip_space = special->strips_right;
      at += special->text.size();
    }
  }
  append_plain(tokens, plain);
  if (adds_bos_ && (tokens.empty() || tokens.front() != bos_)) {
    tokens.insert(tokens.begin(), bos_);
  }
  return tokens;
}

EncodedPair Tokenizer::encode_pair(const std::vector<TextPart>& context, std::string_view continuation) const {
  return std::move(encode_pairs(context, {std::string(continuation)}).front());
}

std::vector<EncodedPair> Tokenizer::encode_pairs(const std::vector<TextPart>& context,
                                                 const std::vector<std::string>& continuations) const {
  std::vector<TextPart> front = context;
  std::string moved;
  while (!front.empty()) {  // white space at the end may reach over several parts
    std::string& text = front.back().text;
    const std::size_t end = trailing_space(text);
    moved.insert(0, text, end);
    text.resize(end);
    if (end > 0) {
      break;
    }
    front.pop_back();
  }
  const std::vector<Token> alone = front.empty() ? std::vector<Token>{prefix_} : encode(front);
  std::vector<EncodedPair> pairs;
  for (const std::string& continuation : continuations) {
    EncodedPair& pair = pairs.emplace_back();
    pair.context = alone;
    const std::string tail = moved + continuation;
    if (front.empty()) {
      append_plain(pair.continuation, tail);
      if (pair.continuation.size() > 1 && pair.continuation.front() == prefix_) {
        pair.continuation.erase(pair.continuation.begin());
      }
      continue;
    }
    std::vector<TextPart> parts = front;
    if (parts.size() == 1 && parts.front().is_data) {
      parts.front().text += tail;
    } else {
      parts.push_back({tail, true});
    }
    const std::vector<Token> whole = encode(parts);
    const std::size_t cut = std::min(alone.size(), whole.size());
    pair.continuation.assign(whole.begin() + static_cast<std::ptrdiff_t>(cut), whole.end());
  }
  return pairs;
}

std::string Tokenizer::piece(Token token) const {
  std::string text(32, '\0');
  auto length = llama_token_to_piece(vocabulary_, token, text.data(), static_cast<std::int32_t>(text.size()), 0, false);
  if (length < 0) {
    text.resize(static_cast<std::size_t>(-length));
    length = llama_token_to_piece(vocabulary_, token, text.data(), -length, 0, false);
  }
  text.resize(static_cast<std::size_t>(std::max(length, 0)));
  return text;
}

bool Tokenizer::is_end(Token token) const { return llama_vocab_is_eog(vocabulary_, token); }

}  // namespace assay::llama
