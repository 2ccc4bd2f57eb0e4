#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "suites/custom/passage_finder.h"
#include "suites/retrieval/documents.h"
#include "suites/retrieval/passages.h"
#include "suites/retrieval/ranking.h"
#include "tests/catch.h"
#include "tests/suites/temporary_folder.h"

using namespace assay;
using namespace assay::retrieval;

namespace {

int one_token(std::string_view) { return 1; }
int byte_tokens(std::string_view word) { return static_cast<int>(word.size()); }

std::vector<std::string> texts_of(const std::vector<Document>& documents, const std::vector<Passage>& passages) {
  std::vector<std::string> texts;
  for (const Passage& passage : passages) texts.emplace_back(passage_text(documents, passage));
  return texts;
}

std::vector<std::size_t> places_of(const Ranking& ranking) {
  std::vector<std::size_t> places;
  for (const Hit& hit : ranking) places.push_back(hit.passage);
  return places;
}

/// Counts letters a to z: texts with the same letters are alike.
class LetterEmbedder : public Embedder {
 public:
  explicit LetterEmbedder(EmbeddingUse* use) : use_(use) {}
  std::string identity() const override { return "letters"; }
  Result<std::vector<std::vector<float>>> embed(const std::vector<std::string>& texts) override {
    std::vector<std::vector<float>> vectors;
    for (const std::string& text : texts) {
      std::vector<float> vector(26);
      for (const char c : text) {
        if (c >= 'a' && c <= 'z') ++vector[static_cast<std::size_t>(c - 'a')];
      }
      vectors.push_back(std::move(vector));
      ++use_->texts;
      *use_->tokens += static_cast<std::int64_t>(text.size());
    }
    return vectors;
  }
  int tokens_of(std::string_view word) const override { return byte_tokens(word); }
  int most_tokens() const override { return 1000; }
  std::size_t texts_at_once() const override { return 8; }
  EmbeddingUse use() const override { return *use_; }

 private:
  EmbeddingUse* use_;
};

}  // namespace

TEST_CASE("documents are the text files of a folder, by name, and nothing else") {
  const test::TemporaryFolder folder;
  folder.write("b.md", "\xef\xbb\xbftwo");
  folder.write("a.txt", "one");
  folder.write("c.pdf", "\xff");
  folder.write(".git/e.md", "\xff");
  folder.write(".hidden.txt", "\xff");
  folder.write("deep/d.rst", "three");
  const auto documents = read_documents(folder.path(), "s.yaml:1:1: documents");
  INFO((documents ? "" : documents.error().message));
  REQUIRE(documents);
  REQUIRE(documents->size() == 3);
  CHECK((*documents)[0].name == "a.txt");
  CHECK((*documents)[1].text == "two");
  CHECK((*documents)[2].name == "deep/d.rst");
  const auto files = document_files(folder.path(), "");
  REQUIRE(files);
  CHECK(files->at(2).name == "documents/deep/d.rst");
  const std::string hash = reading::data_set_sha256(*files).value();
  folder.write("b.md", "TWO");
  CHECK(reading::data_set_sha256(*document_files(folder.path(), "")).value() != hash);
}

TEST_CASE("what cannot be a document is one error that names it") {
  const test::TemporaryFolder folder;
  folder.write("a.txt", "one");
  const auto refusal = [&](const std::string& path) {
    const auto refused = read_documents(path, "s.yaml:1:1: documents");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::kUsage);
    CHECK_THAT(refused.error().message, StartsWith("s.yaml:1:1: documents: "));
    CHECK(refused.error().message.find('\n') == std::string::npos);
    return refused.error().message;
  };
  const auto refused_with = [&](const std::string& name, const std::string& bytes) {
    const std::string path = folder.write(name, bytes);
    const std::string message = refusal(folder.path());
    std::filesystem::remove(path);
    return message;
  };
  CHECK_THAT(refusal(folder.path() + "/none"), ContainsSubstring("no such folder"));
  CHECK_THAT(refusal(folder.path() + "/a.txt"), ContainsSubstring("no such folder"));
  CHECK_THAT(refused_with("deep/e.txt", "ok \xff"), ContainsSubstring("deep/e.txt: is not UTF-8 (byte 3)"));
  CHECK_THAT(refused_with("n.txt", std::string("a\0b", 3)), ContainsSubstring("n.txt: holds a NUL byte (byte 1)"));
  CHECK_THAT(refused_with("f.md", std::string(kMostDocumentBytes + 1, 'x')),
             ContainsSubstring("f.md: is larger than 16 MiB"));
  CHECK_THAT(refused_with("odd\nname.txt", "\xff"), ContainsSubstring("odd name.txt"));
  // Links lead anywhere: out of the folder, or round in it.
  std::filesystem::create_symlink("/etc/passwd", folder.path() + "/g.txt");
  CHECK_THAT(refusal(folder.path()), ContainsSubstring("g.txt: is a link"));
  std::filesystem::remove(folder.path() + "/g.txt");
  std::filesystem::create_directory_symlink("/", folder.path() + "/root");
  CHECK_THAT(refusal(folder.path()), ContainsSubstring("root: is a link"));
  std::filesystem::remove(folder.path() + "/root");
  REQUIRE(::mkfifo((folder.path() + "/p.txt").c_str(), 0600) == 0);  // reading it would wait for ever
  CHECK_THAT(refusal(folder.path()), ContainsSubstring("p.txt: is no file"));
  std::filesystem::remove(folder.path() + "/p.txt");
  std::filesystem::remove(folder.path() + "/a.txt");
  CHECK_THAT(refusal(folder.path()), ContainsSubstring("holds no .txt, .md, .markdown or .rst file"));
}

TEST_CASE("documents are cut at blanks, each passage with the last words of the one before") {
  const std::vector<Document> documents{{"a", " one two\nthree  four five six "}, {"b", "seven"}, {"c", " \n"}};
  const auto passages = cut(documents, {3, 1}, one_token);
  REQUIRE(passages);
  CHECK(texts_of(documents, *passages) ==
        std::vector<std::string>{"one two\nthree", "three  four five", "five six", "seven"});
  CHECK((*passages)[2].document == 0);
  CHECK((*passages)[1].tokens == 3);
  CHECK(passage_id(documents, (*passages)[2]) == "a#3");
  CHECK(passage_id(documents, (*passages)[3]) == "b#1");
  // Without an overlap every word is in one passage; sizes count the words' own tokens.
  const auto bytes = cut(documents, {9, 0}, byte_tokens);
  REQUIRE(bytes);
  CHECK(texts_of(documents, *bytes) == std::vector<std::string>{"one two", "three", "four", "five six", "seven"});
  for (const Passage& passage : *bytes) CHECK(passage.tokens <= 9);
}

TEST_CASE("no passage grows without end where there are no blanks, or nothing else") {
  std::string ink;
  for (int i = 0; i < 1000; ++i) ink += "ü";
  const std::vector<Document> inked{{"d", ink}};
  const auto pieces = cut(inked, {1, 0}, one_token);
  REQUIRE(pieces);
  CHECK(pieces->size() == 8);
  std::string joined;
  for (const std::string& piece : texts_of(inked, *pieces)) joined += piece;
  CHECK(joined == ink);  // and no character is cut in two
  const std::vector<Document> empty{{"d", "one" + std::string(100'000, ' ') + "two three"}};
  const auto parts = cut(empty, {100, 50}, one_token);
  REQUIRE(parts);
  CHECK(texts_of(empty, *parts) == std::vector<std::string>{"one", "two three"});
  std::string many;
  for (std::size_t i = 0; i <= kMostPassages; ++i) many += "a ";
  const auto refused = cut({{"d", many}}, {1, 0}, one_token);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, ContainsSubstring("more than 500000 passages"));
}

TEST_CASE("BM25 has the values of another implementation") {
  // tests/conformance/retrieval/reference_values.py: SQLite's, with Lucene's weights
  const Bm25 bm25({"The refund takes five days. A refund needs an invoice.",
                   "Parcels ship within two days; ship abroad costs more.", "Reset your password in the account page.",
                   "Der Rückversand ist kostenlos: Päckchen zurück.", "Nothing else.", "An order has a number.",
                   "Returns are free within thirty days of a refund."});
  const auto check = [&](const std::string& question, const std::vector<double>& expected) {
    const std::vector<double> scores = bm25.scores(question);
    REQUIRE(scores.size() == expected.size());
    for (std::size_t i = 0; i < scores.size(); ++i) CHECK(std::abs(scores[i] - expected[i]) < 1e-12);
  };
  check("How many days does a refund take? refund",
        {4.22572002855049, 0.732974452798319, 0, 0, 0, 0.929683251632373, 3.52856394363996});
  check("päckchen RÜCKVERSAND", {0, 0, 0, 3.52838146477382, 0, 0, 0});
  check("nothing here matches xyz", {0, 0, 0, 0, 2.35695881846891, 0, 0});
  check("ship", {0, 2.11576195553762, 0, 0, 0, 0, 0});
  check("", {0, 0, 0, 0, 0, 0, 0});
  CHECK(lexical_words("Don't panic: 42 Ärzte!") == std::vector<std::string>{"don", "t", "panic", "42", "ärzte"});
  CHECK(lexical_words("\xff ok") == std::vector<std::string>{"ok"});
  CHECK(Bm25({}).scores("a").empty());
}

TEST_CASE("cosines are those of exact sums, and the best come first, the earlier of equal ones") {
  // tests/conformance/retrieval/reference_values.py
  std::vector<std::vector<float>> vectors;
  for (int i = 0; i < 6; ++i) {
    vectors.emplace_back();
    for (int j = 0; j < 37; ++j) {
      vectors.back().push_back(static_cast<float>((i * 7919 + j * 104729) % 1009 / 504.5 - 1));
    }
  }
  const std::vector<float> question = vectors.back();
  vectors.pop_back();
  const std::vector<double> cosines = VectorIndex(vectors).cosines(question);
  const std::vector<double> expected{-0.0672782000782, -0.43598615763, -0.493335814665, -0.310152570761,
                                     0.210214495578};
  REQUIRE(cosines.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(std::abs(cosines[i] - expected[i]) < 1e-7);  // kept as float

  const VectorIndex index({{3, 4}, {0, 2}, {-1, 0}, {0, 0}, {6, 8}});
  CHECK(index.cosines({0, 5})[1] == Approx(1));
  CHECK(index.cosines({0, 5})[3] == 0);
  CHECK(index.cosines({0, 0}) == std::vector<double>(5));
  CHECK(places_of(best(index.cosines({3, 4}), 2)) == std::vector<std::size_t>{0, 4});
  CHECK(places_of(best({0.5, 0.9, 0.5, 0.1}, 3)) == std::vector<std::size_t>{1, 0, 2});
  CHECK(places_of(best({0.5}, 3)) == std::vector<std::size_t>{0});
  CHECK(places_of(best({0.5, 0, -1}, 3, 0)) == std::vector<std::size_t>{0});
}

TEST_CASE("recall counts what is gold, the reciprocal rank the first passage of it") {
  const std::vector<Passage> passages{{0, 1, 0, 10, 1}, {0, 2, 8, 20, 1}, {1, 1, 0, 10, 1}, {2, 1, 0, 10, 1}};
  const auto ranking = [](const std::vector<std::size_t>& places) {
    Ranking hits;
    for (const std::size_t place : places) hits.push_back({place, 0});
    return hits;
  };
  const Gold first{0, std::nullopt};
  const Gold second{1, std::nullopt};
  const Quality quality = quality_of(ranking({3, 1, 0}), passages, {first, second});
  CHECK(quality.recall == 0.5);
  CHECK(quality.reciprocal_rank == 0.5);
  CHECK(quality_of(ranking({3}), passages, {first}).reciprocal_rank == 0);
  CHECK(quality_of(ranking({}), passages, {first}).recall == 0);
  CHECK(quality_of(ranking({2, 0, 3}), passages, {first, second, second}).recall == 1);
  // A place in a document is found by the passages that hold it.
  CHECK(quality_of(ranking({0, 1}), passages, {{0, 15}}).reciprocal_rank == 0.5);
  CHECK(quality_of(ranking({0}), passages, {{0, 9}}).recall == 1);
  CHECK(quality_of(ranking({0}), passages, {{0, 10}}).recall == 0);
}

TEST_CASE("passages are found by embedding, with BM25 beside them") {
  const test::TemporaryFolder folder;
  folder.write("abc.txt", "aab bca cab");
  folder.write("xyz.txt", "xyz zyx the");
  custom::RagRules rules;
  rules.documents = folder.path();
  rules.where = "s.yaml:2:3: documents";
  rules.passages = {100, 0};
  rules.k = 2;
  rules.embedding = {"llama:x.gguf", "s.yaml:3:3: embedding"};
  rules.instruction = "See:";
  EmbeddingUse use;
  const EmbedderMaker make = [&](const std::string& reference) -> Result<std::unique_ptr<Embedder>> {
    CHECK(reference == "llama:x.gguf");
    return std::make_unique<LetterEmbedder>(&use);
  };
  // "zzyyxx" has the letters of xyz.txt and none of its words; a question of blanks asks for nothing.
  auto finder = custom::PassageFinder::make(rules, make, false);
  REQUIRE(finder);
  CHECK(use.texts == 0);
  REQUIRE((*finder)->find({{7, "zzyyxx"}, {9, "cab"}, {11, " \n"}}));
  CHECK((*finder)->has(9));
  CHECK_FALSE((*finder)->has(8));
  const auto gold = (*finder)->gold_of({"xyz.txt"});
  REQUIRE(gold);
  const custom::FoundPassages first = (*finder)->at(7, *gold);
  CHECK(first.text == "See:\n\n[1] xyz.txt#1\nxyz zyx the\n\n[2] abc.txt#1\naab bca cab\n\n");
  REQUIRE(first.parts.size() == 2);
  CHECK(first.text.substr(first.parts[1].begin, first.parts[1].end) == "[2] abc.txt#1\naab bca cab\n\n");
  CHECK(first.quality->reciprocal_rank == 1);
  CHECK(first.lexical_quality->recall == 0);  // no word in common
  CHECK_THAT(first.listing, StartsWith("retrieved by letters:\n1. xyz.txt#1 0.8"));
  CHECK_THAT(first.listing, ContainsSubstring(", gold\n2. abc.txt#1 0.0000"));
  CHECK((*finder)->at(9, {{0, std::nullopt}}).lexical_quality->reciprocal_rank == 1);
  CHECK_FALSE((*finder)->at(9, {}).quality);
  CHECK((*finder)->at(11, {}).text.empty());
  CHECK((*finder)->at(11, {}).listing == "retrieved by letters: nothing");
  CHECK(use.texts == 4);
  CHECK((*finder)->retrieval().use.texts == 4);
  CHECK((*finder)->retrieval().passages == 2);

  rules.context_tokens = 11;  // bytes, by this embedder: one passage
  finder = custom::PassageFinder::make(rules, make, false);
  REQUIRE(finder);
  REQUIRE((*finder)->find({{0, "zzyyxx"}}));
  CHECK((*finder)->at(0, {}).text == "See:\n\n[1] xyz.txt#1\nxyz zyx the\n\n");
  CHECK_THAT((*finder)->at(0, {}).listing, ContainsSubstring("abc.txt#1 0.0000, left out for want of room"));

  // A dry run asks no model: BM25 stands in for it, and what would be embedded is counted.
  use = {};
  finder = custom::PassageFinder::make(rules, make, true);
  REQUIRE(finder);
  REQUIRE((*finder)->find({{0, "the"}}));
  CHECK(use.texts == 0);
  CHECK((*finder)->retrieval().use.texts == 3);
  CHECK((*finder)->retrieval().use.tokens == 22 + 1);
  CHECK_THAT((*finder)->at(0, {}).text, ContainsSubstring("[1] xyz.txt#1"));
  rules.passages.size = 1001;
  const auto long_passages = custom::PassageFinder::make(rules, make, false);
  REQUIRE_FALSE(long_passages);
  CHECK_THAT(long_passages.error().message, ContainsSubstring("embedding: passages of 1001 tokens are too long"));
  rules.passages.size = 100;
  const auto without = custom::PassageFinder::make(rules, {}, false);
  REQUIRE_FALSE(without);
  CHECK_THAT(without.error().message, StartsWith("s.yaml:3:3: embedding: no embedding model can be asked"));
  rules.embedding.text = custom::kBm25;
  finder = custom::PassageFinder::make(rules, {}, false);
  REQUIRE(finder);
  REQUIRE((*finder)->find({{0, "the"}}));
  CHECK((*finder)->at(0, {{1, std::nullopt}}).quality->reciprocal_rank == 1);
  CHECK_FALSE((*finder)->at(0, {{1, std::nullopt}}).lexical_quality);
}

TEST_CASE("gold is a document or words of it, wherever passages begin and end") {
  const test::TemporaryFolder folder;
  folder.write("a.md", "Refunds take five\n  working days. Refunds need an invoice.");
  folder.write("b#1.md", "Parcels leave at noon.");
  custom::RagRules rules;
  rules.documents = folder.path();
  rules.embedding.text = custom::kBm25;
  const auto finder = custom::PassageFinder::make(rules, {}, false);
  REQUIRE(finder);
  const auto gold_of = [&](const std::string& text) {
    auto gold = (*finder)->gold_of({text});
    REQUIRE(gold);
    REQUIRE(gold->size() == 1);
    return gold->front();
  };
  CHECK(gold_of("a.md") == Gold{0, std::nullopt});
  CHECK(gold_of(" b#1.md ") == Gold{1, std::nullopt});
  CHECK(gold_of("a.md#").at == std::nullopt);
  CHECK(gold_of("a.md#five working days").at == 22);  // "five\n  working days" from 13 to 32, its middle
  CHECK((*finder)->gold_of({"", "  "}).value().empty());
  const auto refusal = [&](const std::string& text) {
    const auto gold = (*finder)->gold_of({text});
    REQUIRE_FALSE(gold);
    return gold.error().message;
  };
  CHECK(refusal("a.m") == "there is no document 'a.m' (did you mean 'a.md'?)");
  CHECK_THAT(refusal("c.md#x"), StartsWith("there is no document 'c.md'"));
  CHECK(refusal("a.md#six days") == "'six days' of a.md: does not stand there");
  CHECK(refusal("a.md#Refunds") == "'Refunds' of a.md: stands there more than once; give more of it");
}
