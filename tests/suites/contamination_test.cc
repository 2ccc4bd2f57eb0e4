// Overlap of items with a corpus, against a second way to find it that keeps all words as text.
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "harness/core/random.h"
#include "suites/contamination/corpus.h"
#include "suites/contamination/json_strings.h"
#include "suites/contamination/overlap.h"
#include "suites/contamination/words.h"
#include "tests/catch.h"
#include "tests/suites/temporary_folder.h"

using namespace assay;
using namespace assay::contamination;

namespace {

using Words = std::vector<std::uint64_t>;

Words in_pieces(std::string_view text, std::size_t piece) {
  Words words;
  WordSplitter splitter;
  const auto keep = [&words](std::uint64_t word) { words.push_back(word); };
  for (std::size_t at = 0; at < text.size(); at += piece) splitter.add(text.substr(at, piece), keep);
  splitter.end(keep);
  return words;
}

Item item_of(const std::string& id, const std::string& question, std::vector<std::string> choices = {},
             const std::string& target = "") {
  Item item;
  item.id = id;
  item.question = question;
  item.choices = std::move(choices);
  item.target = target;
  return item;
}

// The strings of a JSON text, joined by '|', or its defect.
std::string strings_of(std::string_view json, std::size_t piece, bool lines) {
  JsonStrings strings(lines);
  std::string out;
  for (std::size_t at = 0; at < json.size(); at += piece) {
    const bool fits = strings.add(
        json.substr(at, piece), [&out](std::string_view text) { out += text; }, [&out] { out += '|'; });
    if (!fits) return std::to_string(strings.line()) + ": " + strings.defect();
  }
  return strings.finish() ? out : strings.defect();
}

std::vector<ItemOverlap> looked_up(const std::vector<Item>& items, int n, const std::string& corpus_path) {
  Overlap overlap(n);
  for (const Item& item : items) overlap.add(item, texts_of(item));
  overlap.close();
  auto corpus = Corpus::open(corpus_path);
  INFO((corpus ? "" : corpus.error().message));
  REQUIRE(corpus);
  auto read = corpus->read(overlap, [](const CorpusProgress&) {});
  INFO((read ? "" : read.error().message));
  REQUIRE(read);
  return overlap.items();
}

std::string error_of_corpus(const std::string& path) {
  Overlap overlap(3);
  overlap.add(item_of("a", "one two three four"), {"one two three four"});
  overlap.close();
  auto corpus = Corpus::open(path);
  if (!corpus) return corpus.error().message;
  auto read = corpus->read(overlap, [](const CorpusProgress&) {});
  return read ? "" : read.error().message;
}

void write_gz(const std::string& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) == static_cast<int>(bytes.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

// Runs of n words, as text: words of ASCII letters that stand between blanks.
std::set<std::string> runs_of(const std::string& text, int n) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c != ' ' && c != '\n') {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  std::set<std::string> runs;
  for (std::size_t i = 0; i + static_cast<std::size_t>(n) <= words.size(); ++i) {
    std::string run;
    for (std::size_t j = i; j < i + static_cast<std::size_t>(n); ++j) run += words[j] + " ";
    runs.insert(run);
  }
  return runs;
}

}  // namespace

TEST_CASE("words are compared in small letters, without punctuation and accents, however a text is cut or composed") {
  CHECK(words_of("Don't STOP, well-known: 3.5!") == words_of("dont stop wellknown 35"));
  CHECK(words_of("r\xc3\xa9sum\xc3\xa9 \xc3\x84rger") == words_of("re\xcc\x81sume\xcc\x81 arger"));
  CHECK(words_of("Stra\xc3\x9f"
                 "e") == words_of("STRASSE"));
  CHECK(words_of("a\xc2\xa0"
                 "b\xe2\x80\x83"
                 "c") == words_of("a b c"));                  // no-break and em spaces
  CHECK(words_of("a \xe2\x80\x94 b") == words_of("a b"));     // a dash alone is no word
  CHECK(words_of("\xe6\x88\x91\xe7\x88\xb1 x").size() == 3);  // Han: a word each
  CHECK(words_of("a\xff"
                 "b\xe2\x82 c\xf0\x9f") == words_of("ab c"));  // no UTF-8: passed over
  CHECK(words_of("\xed\xa0\x80"
                 "a") == words_of("a"));  // half of a pair
  CHECK(words_of("").empty());
  CHECK(words_of(" .,;!? \n").empty());
  CHECK(words_of("ab") != words_of("ba"));
  const std::string text = "Don\xe2\x80\x99t r\xc3\xa9sum\xc3\xa9 \xe6\x88\x91\xe7\x88\xb1 \xff\xf0\x9f\x98\x80 end";
  for (std::size_t piece = 1; piece < 9; ++piece) CHECK(in_pieces(text, piece) == words_of(text));
}

TEST_CASE("an n-gram is n words in their order, and none goes over the end of a text") {
  const auto grams = [](std::string_view text, int n) {
    std::vector<std::uint64_t> all;
    RollingGrams rolling(n);
    for (const std::uint64_t word : words_of(text)) {
      if (const auto gram = rolling.add(word)) all.push_back(*gram);
    }
    return all;
  };
  CHECK(grams("a b c d e", 3).size() == 3);
  CHECK(grams("a b", 3).empty());
  CHECK(grams("x a b c", 3).back() == grams("a b c", 3).back());
  CHECK(grams("a b c", 3) != grams("c b a", 3));
  CHECK(grams("a a a a", 2) == std::vector<std::uint64_t>(3, grams("a a", 2).front()));
  RollingGrams rolling(2);
  const Words words = words_of("a b");
  CHECK_FALSE(rolling.add(words[0]));
  rolling.reset();
  CHECK_FALSE(rolling.add(words[1]));
  CHECK(rolling.add(words[0]) == grams("b a", 2).front());
}

TEST_CASE("strings of JSON are found and unescaped wherever the bytes are cut") {
  const std::string json =
      R"({"text": "one\ntwo \"three\" \u00e9\ud83d\ude00\u4E00", "n": [1.5e3, null, "x\\y"], "e": ""})";
  for (std::size_t piece = 1; piece < 12; ++piece) {
    CHECK(strings_of(json, piece, true) == "text|one\ntwo \"three\" \xc3\xa9\xf0\x9f\x98\x80\xe4\xb8\x80|n|x\\y|e||");
  }
  CHECK(strings_of("{\n  \"a\":\n  \"b\"\n}", 3, false) == "a|b|");
  CHECK(strings_of("\"\\ud83d lone \\ude00 \"", 4, true) == " lone  |");
  CHECK(strings_of("{\"a\": 1}\nThe plain text", 64, true) == "2: the line begins with no object, array or string");
  CHECK(strings_of("{\"a\": hello}", 64, false) == "1: what stands between strings is no JSON");
  CHECK(strings_of("{\"a\": \"b\n\"}", 64, true) == "1: a string does not end on its line");
  CHECK(strings_of("{\"a\": \"\\q\"}", 64, true) == "1: a backslash in a string begins no escape that JSON has");
  CHECK(strings_of("{\"a\": \"\\u12g4\"}", 64, true) ==
        "1: \\u in a string is not followed by four hexadecimal digits");
  CHECK(strings_of("{\"a\": \"b", 64, true) == "the file ends in the middle of a string");
}

TEST_CASE("overlap is that of a second way to find it, in random texts") {
  Random random(5);
  const auto random_text = [&random](int words) {
    std::string text;
    for (int i = 0; i < words; ++i) {
      text += static_cast<char>('a' + random.below(4));
      text += random.below(12) == 0 ? '\n' : ' ';
    }
    return text;
  };
  const test::TemporaryFolder folder;
  for (const int n : {1, 2, 5, 8}) {
    std::vector<Item> items;
    for (int i = 0; i < 200; ++i) {
      items.push_back(item_of(std::to_string(i), random_text(static_cast<int>(random.below(14)))));
    }
    const std::string corpus = random_text(3000);
    const std::set<std::string> there = runs_of(corpus, n);
    const std::vector<ItemOverlap> found = looked_up(items, n, folder.write("c" + std::to_string(n) + ".txt", corpus));
    REQUIRE(found.size() == items.size());
    std::map<std::string, int> common;
    for (const Item& item : items) {
      for (const std::string& run : runs_of(item.question, n)) ++common[run];
    }
    int flagged = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::int64_t ngrams = 0;
      std::int64_t overlap = 0;
      for (const std::string& run : runs_of(items[i].question, n)) {
        if (common[run] > 20) continue;  // in over a tenth of the 200 items
        ++ngrams;
        if (there.contains(run)) ++overlap;
      }
      INFO(n << " " << items[i].question);
      CHECK(found[i].ngrams == ngrams);
      CHECK(found[i].found == overlap);
      CHECK(found[i].first.has_value() == (overlap > 0));
      if (found[i].standing() == Standing::kFlagged) ++flagged;
    }
    if (n == 5) CHECK((flagged > 20 && flagged < 180));
  }
}

TEST_CASE("question, options and answer are texts of their own, and letters stand for the options") {
  Item mmlu = item_of("m", "what is it", {"A", "B"});
  mmlu.fields = {"first option", "second option"};
  CHECK(texts_of(mmlu) == std::vector<std::string>{"what is it", "first option", "second option"});
  CHECK(texts_of(item_of("o", "why", {}, "because")) == std::vector<std::string>{"why", "because"});
  CHECK(texts_of(item_of("c", "why", {"yes", "no"}, "A")) == std::vector<std::string>{"why", "yes", "no"});
  CHECK(longest_text({"one two three", "a", "b c d e"}) == 4);
  const test::TemporaryFolder folder;
  const std::vector<ItemOverlap> found =
      looked_up({item_of("a", "one two", {"three four five", "x"}), item_of("b", "three four", {"five", "x"})}, 3,
                folder.write("c.txt", "one two three four five"));
  CHECK(found[0].standing() == Standing::kFlagged);
  CHECK(found[0].ngrams == 1);
  CHECK(found[1].standing() == Standing::kTooShort);
}

TEST_CASE("n fits the items' lengths: their 5th percentile between 8 and 13") {
  std::vector<int> lengths(100, 50);
  CHECK(fitting_ngram(lengths) == 13);
  for (int i = 0; i < 5; ++i) lengths[static_cast<std::size_t>(i)] = 3;
  CHECK(fitting_ngram(lengths) == 13);
  lengths[5] = 10;
  CHECK(fitting_ngram(lengths) == 10);
  lengths[6] = 2;
  CHECK(fitting_ngram(lengths) == 8);
  CHECK(fitting_ngram({9}) == 9);
}

TEST_CASE("what most items say alike is the suite's wording, and does not count") {
  std::vector<Item> items;
  for (int i = 0; i < 40; ++i) {
    items.push_back(item_of(std::to_string(i), "answer the following question now word" + std::to_string(i) + " y z"));
  }
  Overlap overlap(3);
  for (const Item& item : items) overlap.add(item, texts_of(item));
  overlap.close();
  CHECK(overlap.common() == 3);
  const test::TemporaryFolder folder;
  const auto found = looked_up(items, 3, folder.write("c.txt", "Answer the following question now. Word7, y z."));
  CHECK(found[7].found == 3);
  CHECK(found[8].found == 0);
  CHECK(found[8].standing() == Standing::kClean);
}

TEST_CASE("a corpus is read whole from files of all kinds, and the first place is named") {
  const test::TemporaryFolder folder;
  const std::vector<Item> items{item_of("a", "the quick brown fox jumps"), item_of("b", "over a lazy dog today"),
                                item_of("c", "pack my box with jugs"), item_of("d", "nobody ever wrote this down")};
  folder.write("corpus/1.txt", "line one\nThe quick,\nbrown FOX jumps\n");
  folder.write("corpus/deep/2.jsonl", "{\"id\": 1, \"text\": \"over a\"}\n{\"text\": \"Over a lazy\\ndog\\ttoday\"}\n");
  std::filesystem::create_directories(folder.path() + "/corpus/z");
  write_gz(folder.path() + "/corpus/z/3.json.gz", "{\n\"a\": [\"x\",\n\"pack my box with jugs\"]}");
  folder.write("corpus/.hidden", "nobody ever wrote this down");
  folder.write("corpus/empty.txt", "");
  folder.write("corpus/split1.txt", "nobody ever wrote");
  folder.write("corpus/split2.txt", "this down");
  const auto found = looked_up(items, 5, folder.path() + "/corpus");
  CHECK(found[0].first->line == 3);
  CHECK(found[1].first->line == 2);
  CHECK(found[2].first->line == 3);
  CHECK(found[3].standing() == Standing::kClean);  // not over files, and hidden ones are left out
  for (int i = 0; i < 3; ++i) CHECK(found[static_cast<std::size_t>(i)].found == 1);
}

TEST_CASE("fields of CSV are texts of their own") {
  const test::TemporaryFolder folder;
  const std::vector<Item> items{item_of("a", "one two three"), item_of("b", "four five six"),
                                item_of("c", "three four five"), item_of("d", "seven eight nine"),
                                item_of("e", "ten eleven twelve")};
  const auto found = looked_up(items, 3,
                               folder.write("c.csv",
                                            "x,text\none two three,four five six\n"
                                            "\"seven, \"\"eight\"\"\nnine\",\"ten eleven\"\ntwelve,say \"hi, there\n"));
  CHECK(found[0].first->line == 2);
  CHECK(found[1].first->line == 2);
  CHECK(found[2].standing() == Standing::kClean);
  CHECK(found[3].first->line == 4);
  CHECK(found[4].standing() == Standing::kClean);
}

TEST_CASE("a line of many megabytes with bytes that are no UTF-8 is one line") {
  const test::TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 700'000; ++i) text += i % 1000 == 0 ? "\xff\xc3 word " : "filler ";
  text += "the quick brown fox jumps";
  const auto found = looked_up({item_of("a", "The quick brown fox jumps")}, 5, folder.write("c.txt", text));
  CHECK(found[0].found == 1);
  CHECK(found[0].first->line == 1);
}

TEST_CASE("what is no corpus is refused with its file, and what to do") {
  const test::TemporaryFolder folder;
  using namespace std::string_literals;
  CHECK_THAT(error_of_corpus(folder.path() + "/none"), ContainsSubstring("cannot be read: No such file"));
  std::filesystem::create_directories(folder.path() + "/empty");
  CHECK_THAT(error_of_corpus(folder.path() + "/empty"), ContainsSubstring("there is no file in this folder"));
  CHECK_THAT(error_of_corpus(folder.write("blank.txt", " \n.,\n")),
             ContainsSubstring("there is no word in the corpus"));
  CHECK_THAT(error_of_corpus(folder.write("e.txt", "")), ContainsSubstring("there is no word in the corpus"));
  CHECK_THAT(error_of_corpus(folder.write("a.zst", "\x28\xb5\x2f\xfd....")),
             ContainsSubstring("a.zst: is zstd; a corpus is"));
  CHECK_THAT(error_of_corpus(folder.write("a.parquet", "PAR1....")), ContainsSubstring("is Parquet"));
  CHECK_THAT(error_of_corpus(folder.write("a.bin", "ab\0cd"s)), ContainsSubstring("is binary data"));
  CHECK_THAT(error_of_corpus(folder.write("u.txt",
                                          "\xff\xfe"
                                          "a\0"s)),
             ContainsSubstring("is UTF-16"));
  CHECK_THAT(error_of_corpus(folder.write("t.txt.gz", "plain")), ContainsSubstring("is not a gzip file"));
  CHECK_THAT(error_of_corpus(folder.write("p.jsonl", "{\"a\": \"b\"}\nplain text\n")),
             ContainsSubstring("p.jsonl:2: the line begins with no object, array or string; a file that is no JSON"));
  std::string noise;
  std::minstd_rand engine(3);
  for (int i = 0; i < 200'000; ++i) noise += static_cast<char>('a' + engine() % 26);
  const std::string whole = folder.path() + "/cut.txt.gz";
  write_gz(whole, noise);
  std::filesystem::resize_file(whole, std::filesystem::file_size(whole) / 2);
  CHECK_THAT(error_of_corpus(whole), ContainsSubstring("the gzip file is cut off"));
}
