#include "suites/legalbench/porter_stem.h"

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::legalbench {
namespace {

using Word = std::u32string;
using Condition = std::function<bool(const Word&)>;

/// One line of a step's table: the first whose suffix fits decides, also where its condition does not hold.
struct Rule {
  std::u32string_view suffix;
  std::u32string_view replacement;
  Condition holds;
};

Word decoded(const std::string& text) {
  Word word;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t point = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
      point = (point << 6U) | (static_cast<unsigned char>(text[i + k]) & 0x3fU);
    }
    word += point;
    i += length;
  }
  return word;
}

std::string encoded(const Word& word) {
  std::string text;
  for (const char32_t point : word) {
    if (point < 0x80) {
      text += static_cast<char>(point);
    } else if (point < 0x800) {
      text += static_cast<char>(0xc0U | (point >> 6U));
      text += static_cast<char>(0x80U | (point & 0x3fU));
    } else if (point < 0x10000) {
      text += static_cast<char>(0xe0U | (point >> 12U));
      text += static_cast<char>(0x80U | ((point >> 6U) & 0x3fU));
      text += static_cast<char>(0x80U | (point & 0x3fU));
    } else {
      text += static_cast<char>(0xf0U | (point >> 18U));
      text += static_cast<char>(0x80U | ((point >> 12U) & 0x3fU));
      text += static_cast<char>(0x80U | ((point >> 6U) & 0x3fU));
      text += static_cast<char>(0x80U | (point & 0x3fU));
    }
  }
  return text;
}

// Which letters are consonants: all but a, e, i, o, u and a y behind a consonant.
std::vector<bool> consonants(const Word& word) {
  constexpr std::u32string_view kVowels = U"aeiou";
  std::vector<bool> consonant(word.size());
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == U'y') {
      consonant[i] = i == 0 || !consonant[i - 1];
    } else {
      consonant[i] = kVowels.find(word[i]) == std::u32string_view::npos;
    }
  }
  return consonant;
}

// Porter's m: how often a consonant follows a vowel.
int measure(const Word& stem) {
  const std::vector<bool> consonant = consonants(stem);
  int count = 0;
  for (std::size_t i = 1; i < consonant.size(); ++i) count += consonant[i] && !consonant[i - 1] ? 1 : 0;
  return count;
}

bool has_vowel(const Word& stem) {
  for (const bool consonant : consonants(stem)) {
    if (!consonant) return true;
  }
  return false;
}

bool ends_double_consonant(const Word& word) {
  return word.size() >= 2 && word[word.size() - 1] == word[word.size() - 2] && consonants(word).back();
}

bool ends_cvc(const Word& word) {
  const std::size_t n = word.size();
  const std::vector<bool> consonant = consonants(word);
  if (n == 2) return !consonant[0] && consonant[1];
  return n >= 3 && consonant[n - 3] && !consonant[n - 2] && consonant[n - 1] && word[n - 1] != U'w' &&
         word[n - 1] != U'x' && word[n - 1] != U'y';
}

Word without(const Word& word, std::u32string_view suffix) { return word.substr(0, word.size() - suffix.size()); }

Word applied(const Word& word, const std::vector<Rule>& rules) {
  for (const Rule& rule : rules) {
    if (!word.ends_with(rule.suffix)) continue;
    const Word stem = without(word, rule.suffix);
    return rule.holds == nullptr || rule.holds(stem) ? stem + Word(rule.replacement) : word;
  }
  return word;
}

bool positive(const Word& stem) { return measure(stem) > 0; }
bool above_one(const Word& stem) { return measure(stem) > 1; }

Word plural(const Word& word) {
  if (word.size() == 4 && word.ends_with(U"ies")) return without(word, U"ies") + U"ie";
  return applied(word,
                 {{U"sses", U"ss", nullptr}, {U"ies", U"i", nullptr}, {U"ss", U"ss", nullptr}, {U"s", U"", nullptr}});
}

Word participle(const Word& word) {
  if (word.ends_with(U"ied")) return without(word, U"ied") + (word.size() == 4 ? U"ie" : U"i");
  if (word.ends_with(U"eed")) {
    const Word stem = without(word, U"eed");
    return positive(stem) ? stem + U"ee" : word;
  }
  std::optional<Word> stem;
  for (const std::u32string_view suffix : {std::u32string_view(U"ed"), std::u32string_view(U"ing")}) {
    if (stem || !word.ends_with(suffix)) continue;
    if (Word before = without(word, suffix); has_vowel(before)) stem = std::move(before);
  }
  if (!stem) return word;
  for (const std::u32string_view suffix :
       {std::u32string_view(U"at"), std::u32string_view(U"bl"), std::u32string_view(U"iz")}) {
    if (stem->ends_with(suffix)) return *stem + U"e";
  }
  if (ends_double_consonant(*stem)) {
    const char32_t last = stem->back();
    if (last != U'l' && last != U's' && last != U'z') stem->pop_back();
    return *stem;
  }
  return measure(*stem) == 1 && ends_cvc(*stem) ? *stem + U"e" : *stem;
}

Word final_y(const Word& word) {
  return applied(word, {{U"y", U"i", [](const Word& stem) { return stem.size() > 1 && consonants(stem).back(); }}});
}

Word double_suffix(const Word& word) {
  if (word.ends_with(U"alli") && positive(without(word, U"alli"))) return double_suffix(without(word, U"alli") + U"al");
  static constexpr std::array<std::pair<std::u32string_view, std::u32string_view>, 21> kTable{{
      {U"ational", U"ate"}, {U"tional", U"tion"}, {U"enci", U"ence"}, {U"anci", U"ance"}, {U"izer", U"ize"},
      {U"bli", U"ble"},     {U"alli", U"al"},     {U"entli", U"ent"}, {U"eli", U"e"},     {U"ousli", U"ous"},
      {U"ization", U"ize"}, {U"ation", U"ate"},   {U"ator", U"ate"},  {U"alism", U"al"},  {U"iveness", U"ive"},
      {U"fulness", U"ful"}, {U"ousness", U"ous"}, {U"aliti", U"al"},  {U"iviti", U"ive"}, {U"biliti", U"ble"},
      {U"fulli", U"ful"},
  }};
  std::vector<Rule> rules;
  for (const auto& [suffix, replacement] : kTable) rules.push_back({suffix, replacement, positive});
  // Measured on the word without its last three letters, not on the stem.
  rules.push_back({U"logi", U"log", [&word](const Word&) { return positive(word.substr(0, word.size() - 3)); }});
  return applied(word, rules);
}

Word derived(const Word& word) {
  return applied(word, {{U"icate", U"ic", positive},
                        {U"ative", U"", positive},
                        {U"alize", U"al", positive},
                        {U"iciti", U"ic", positive},
                        {U"ical", U"ic", positive},
                        {U"ful", U"", positive},
                        {U"ness", U"", positive}});
}

Word single_suffix(const Word& word) {
  std::vector<Rule> rules;
  for (const char32_t* suffix :
       {U"al", U"ance", U"ence", U"er", U"ic", U"able", U"ible", U"ant", U"ement", U"ment", U"ent"}) {
    rules.push_back({suffix, U"", above_one});
  }
  rules.push_back(
      {U"ion", U"", [](const Word& stem) { return above_one(stem) && (stem.back() == U's' || stem.back() == U't'); }});
  for (const char32_t* suffix : {U"ou", U"ism", U"ate", U"iti", U"ous", U"ive", U"ize"}) {
    rules.push_back({suffix, U"", above_one});
  }
  return applied(word, rules);
}

Word final_e(const Word& word) {
  if (!word.ends_with(U"e")) return word;
  const Word stem = without(word, U"e");
  const int m = measure(stem);
  return m > 1 || (m == 1 && !ends_cvc(stem)) ? stem : word;
}

Word final_double_l(const Word& word) {
  return word.ends_with(U"ll") && above_one(word.substr(0, word.size() - 1)) ? word.substr(0, word.size() - 1) : word;
}

// NLTK's words that the rules would get wrong.
const char* irregular(const std::string& word) {
  static constexpr std::array<std::pair<const char*, const char*>, 16> kForms{{{"sky", "sky"},
                                                                               {"skies", "sky"},
                                                                               {"dying", "die"},
                                                                               {"lying", "lie"},
                                                                               {"tying", "tie"},
                                                                               {"news", "news"},
                                                                               {"innings", "inning"},
                                                                               {"inning", "inning"},
                                                                               {"outings", "outing"},
                                                                               {"outing", "outing"},
                                                                               {"cannings", "canning"},
                                                                               {"canning", "canning"},
                                                                               {"howe", "howe"},
                                                                               {"proceed", "proceed"},
                                                                               {"exceed", "exceed"},
                                                                               {"succeed", "succeed"}}};
  for (const auto& [form, stem] : kForms) {
    if (word == form) return stem;
  }
  return nullptr;
}

}  // namespace

std::string porter_stem(const std::string& text) {
  if (const char* stem = irregular(text)) return stem;
  const Word word = decoded(text);
  if (word.size() <= 2) return text;
  return encoded(final_double_l(final_e(single_suffix(derived(double_suffix(final_y(participle(plural(word)))))))));
}

}  // namespace assay::legalbench
