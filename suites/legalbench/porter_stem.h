// The Porter stemmer as NLTK has it, by which the reference compares extracted terms.
#pragma once

#include <string>

namespace assay::legalbench {

/// nltk.stem.porter.PorterStemmer().stem(): M.F. Porter, "An algorithm for suffix stripping" (Program 14(3), 1980) with
/// NLTK's extensions (its default mode). `word` is lower-case UTF-8 and may hold blanks, which are consonants to it.
[[nodiscard]] std::string porter_stem(const std::string& word);

}  // namespace assay::legalbench
