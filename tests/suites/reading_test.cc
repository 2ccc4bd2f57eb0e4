#include <zlib.h>

#include <string>
#include <vector>

#include "harness/core/hash.h"
#include "suites/reading/csv_reader.h"
#include "suites/reading/data_file.h"
#include "suites/reading/json_object.h"
#include "suites/reading/line_reader.h"
#include "tests/catch.h"
#include "tests/suites/temporary_folder.h"

using namespace assay;
using namespace assay::reading;
using assay::test::TemporaryFolder;

namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

using Rows = std::vector<std::vector<std::string>>;

// All rows of a CSV text, or its error message as one row of one field.
Rows rows_of(const std::string& text, std::vector<std::int64_t>* lines = nullptr) {
  Rows rows;
  Result<CsvReader> reader = CsvReader::open(file_in_memory("t.csv", text));
  REQUIRE(reader);
  while (true) {
    Result<const CsvRow*> row = reader->next();
    if (!row) return {{row.error().message}};
    if (*row == nullptr) return rows;
    rows.push_back((*row)->fields);
    if (lines != nullptr) lines->push_back((*row)->line);
  }
}

std::vector<std::string> lines_of(const DataFile& file) {
  std::vector<std::string> lines;
  Result<LineReader> reader = LineReader::open(file);
  if (!reader) return {"error: " + reader.error().message};
  while (true) {
    Result<std::optional<std::string_view>> line = reader->next();
    if (!line) return {"error: " + line.error().message};
    if (!*line) return lines;
    lines.emplace_back(**line);
  }
}

}  // namespace

TEST_CASE("CSV rows: quotes, line ends and blanks as Python's csv module reads them") {
  CHECK(rows_of("a,b\nc,d\n") == Rows{{"a", "b"}, {"c", "d"}});
  CHECK(rows_of("a,b\r\nc,d") == Rows{{"a", "b"}, {"c", "d"}});
  CHECK(rows_of("a,b\rc,d\r") == Rows{{"a", "b"}, {"c", "d"}});
  CHECK(rows_of("a,,\n,\n") == Rows{{"a", "", ""}, {"", ""}});
  CHECK(rows_of("\"a,\"\"b\"\"\",c\n") == Rows{{"a,\"b\"", "c"}});
  CHECK(rows_of("\"a\r\nb\nc\",d\n") == Rows{{"a\r\nb\nc", "d"}});
  CHECK(rows_of("\"\",\"\"\n") == Rows{{"", ""}});
  CHECK(rows_of("a \"b\" c,d\n") == Rows{{"a \"b\" c", "d"}});
  CHECK(rows_of("\"a\"b\"c,d\n") == Rows{{"ab\"c", "d"}});
  CHECK(rows_of("\"a\" ,b\n") == Rows{{"a ", "b"}});
  CHECK(rows_of(" a , b \n") == Rows{{" a ", " b "}});
  CHECK(rows_of("\n\na\n\r\n\nb\n\n") == Rows{{"a"}, {"b"}});
  CHECK(rows_of("\xef\xbb\xbf"
                "a,b\n") == Rows{{"a", "b"}});
  CHECK(rows_of("None,1.0,0\n") == Rows{{"None", "1.0", "0"}});
  CHECK(rows_of("\n\n").empty());
}

TEST_CASE("CSV rows know the line they start in") {
  std::vector<std::int64_t> lines;
  rows_of("a\n\"b\nb\r\nb\",c\r\n\nd\re\n", &lines);
  CHECK(lines == std::vector<std::int64_t>{1, 2, 6, 7});
}

TEST_CASE("CSV longer than the reader's buffer, with quotes at its edges") {
  for (const std::size_t length : {65533U, 65534U, 65535U, 65536U, 65537U, 200000U}) {
    const std::string field(length, 'x');
    CHECK(rows_of("\"" + field + "\"\"y\",z\n") == Rows{{field + "\"y", "z"}});
    CHECK(rows_of(field + "\r\n" + field) == Rows{{field}, {field}});
  }
}

TEST_CASE("CSV errors name file and line") {
  CHECK_THAT(rows_of("a\nb,\"c\nd").at(0).at(0), StartsWith("<built in>/t.csv:2: the quoted field that starts here"));
  CHECK_THAT(rows_of("").at(0).at(0), StartsWith("<built in>/t.csv: the file is empty"));
  CHECK_THAT(rows_of("a\nb\n\"c\nd\xff\"\n").at(0).at(0), StartsWith("<built in>/t.csv:4: is not UTF-8"));
  CHECK_THAT(rows_of(std::string("a\nb\0c\n", 6)).at(0).at(0), StartsWith("<built in>/t.csv:2: holds a NUL byte"));
  const DataFile file = file_in_memory("t.csv", "a,b\nc\n");
  Result<CsvReader> reader = CsvReader::open(file);
  REQUIRE(reader);
  REQUIRE(reader->next(2));
  Result<const CsvRow*> row = reader->next(2);
  REQUIRE_FALSE(row);
  CHECK_THAT(row.error().message, StartsWith("<built in>/t.csv:2: has 1 field where 2 are expected"));
}

TEST_CASE("lines of plain, gzipped and built-in files are the same") {
  const TemporaryFolder folder;
  const std::string text = "\xef\xbb\xbfone\r\ntwo\n\nfour \xc3\xa9";
  const std::vector<std::string> expected{"one", "two", "", "four \xc3\xa9"};
  folder.write("plain.txt", text);
  folder.write("packed.txt.gz", gzip(text));
  for (const char* name : {"plain.txt", "packed.txt"}) {
    const Result<DataFile> file = DataFolder::on_disk(folder.path()).find(name);
    REQUIRE(file);
    CHECK(file->name == name);
    CHECK(lines_of(*file) == expected);
  }
  CHECK(lines_of(file_in_memory("m", text)) == expected);
}

TEST_CASE("the data hash does not depend on compression, but on names, bytes and order") {
  const TemporaryFolder folder;
  folder.write("plain/a.txt", "alpha");
  folder.write("plain/b.txt", "beta");
  folder.write("packed/a.txt.gz", gzip("alpha"));
  folder.write("packed/b.txt.gz", gzip("beta"));
  const auto hash = [&](const char* where, std::vector<std::string> names) {
    std::vector<DataFile> files;
    for (const std::string& name : names) {
      files.push_back(*DataFolder::on_disk(folder.path() + "/" + where).find(name));
    }
    return *data_set_sha256(files);
  };
  const std::string plain = hash("plain", {"a.txt", "b.txt"});
  CHECK(plain == hash("packed", {"a.txt", "b.txt"}));
  CHECK(plain == sha256_hex("a.txt " + sha256_hex("alpha") + "\nb.txt " + sha256_hex("beta") + "\n"));
  CHECK(plain != hash("plain", {"b.txt", "a.txt"}));
}

TEST_CASE("bad data files get one clear line") {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& name) {
    const Result<DataFile> file = DataFolder::on_disk(folder.path()).find(name);
    return file ? lines_of(*file).at(0) : "error: " + file.error().message;
  };
  CHECK_THAT(message("demo/none.txt"), ContainsSubstring("demo/none.txt: no such file, neither plain nor with .gz"));
  CHECK_THAT(message("demo/none.txt"), ContainsSubstring("holds demo/ with --data DIR"));
  const Result<DataFile> nowhere = DataFolder::on_disk("/nonexistent/folder").find("demo/x.txt");
  REQUIRE_FALSE(nowhere);
  CHECK_THAT(nowhere.error().message, StartsWith("/nonexistent/folder: no such data folder"));
  folder.write("a.txt/b.txt", "x");
  CHECK_THAT(message("a.txt"), ContainsSubstring("a.txt: is a directory"));
  folder.write("empty.txt", "");
  CHECK_THAT(message("empty.txt"), ContainsSubstring("empty.txt: the file is empty"));
  folder.write("hollow.txt.gz", gzip(""));
  CHECK_THAT(message("hollow.txt"), ContainsSubstring("hollow.txt.gz: the file is empty"));
  std::string bomb(std::size_t{80} << 20, 'x');
  for (std::size_t i = 1023; i < bomb.size(); i += 1024) bomb[i] = '\n';
  folder.write("bomb.txt.gz", gzip(bomb));
  CHECK_THAT(lines_of(*DataFolder::on_disk(folder.path()).find("bomb.txt")).back(),
             ContainsSubstring("bomb.txt.gz: unpacks to more than 200 times its size"));
  folder.write("fake.txt.gz", "plain text");
  CHECK_THAT(message("fake.txt"), ContainsSubstring("fake.txt.gz: is not a gzip file"));
  std::string long_text;
  for (int i = 0; i < 20000; ++i) long_text += std::to_string(i * 7919) + "\n";
  const std::string packed = gzip(long_text);
  for (const std::size_t kept : {packed.size() / 2, packed.size() - 9, packed.size() - 1, std::size_t{12}}) {
    folder.write("cut.txt.gz", packed.substr(0, kept));
    CHECK_THAT(message("cut.txt"), ContainsSubstring("cut.txt.gz: the gzip file is cut off"));
  }
  folder.write("two.txt.gz", gzip("a\n") + gzip("b\n"));
  CHECK(message("two.txt") == "a");
  for (const std::string& behind : {std::string("garbage"), std::string(3, '\0')}) {
    folder.write("more.txt.gz", packed + behind);
    const Result<DataFile> file = DataFolder::on_disk(folder.path()).find("more.txt");
    REQUIRE(file);
    CHECK_THAT(lines_of(*file).back(),
               ContainsSubstring("more.txt.gz: bytes that do not belong to it follow the gzip file's end"));
  }
  std::string damaged = packed;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
  folder.write("damaged.txt.gz", damaged);
  CHECK_THAT(message("damaged.txt"), ContainsSubstring("damaged.txt.gz: the gzip file is"));
  folder.write("nul.txt", std::string_view("a\nb\0\n", 5));
  CHECK_THAT(message("nul.txt"), ContainsSubstring("nul.txt:2: holds a NUL byte: a binary file"));
  folder.write("latin.txt", "a\nb\ncaf\xe9\n");
  CHECK_THAT(message("latin.txt"), ContainsSubstring("latin.txt:3: is not UTF-8"));
}

TEST_CASE("JSON is handed through as it stands in the file") {
  const Result<JsonObject> object = JsonObject::parse(
      R"( { "a" : {"z": 1, "b\"]": [1 , {}], "a": 100000000000000000000000} , "\u0062":"x\\",
          "c":1.50,"d": [ ] ,"e":true,"e":null , "f":{"a":"}"}} )",
      "f:1");
  REQUIRE(object);
  CHECK(*object->json("a") == R"({"z": 1, "b\"]": [1 , {}], "a": 100000000000000000000000})");
  CHECK(*object->json("b") == R"("x\\")");
  CHECK(*object->json("c") == "1.50");
  CHECK(*object->json("d") == "[ ]");
  CHECK(*object->json("e") == "null");
  CHECK(*object->json("f") == R"({"a":"}"})");
  CHECK_FALSE(object->json("g"));
}

TEST_CASE("JSON objects are read by key and type") {
  Result<JsonObject> object = JsonObject::parse(
      R"({"t":"caf\u00e9","i":-3,"n":2.5,"b":true,"l":["x","y"],"m":["x",1],"d":"42","z":null,"big":1e99})", "f:7");
  REQUIRE(object);
  CHECK(*object->text("t") == "caf\xc3\xa9");
  const auto halves = JsonObject::parse(
      R"({"a":"x\ud83d","b":"\ude00y","c":"\ud83d\ude00","d":"\\ud83d","e":"\ud83d\ud83d\ude00"})", "f:8");
  REQUIRE(halves);
  CHECK(*halves->text("a") == "x\xef\xbf\xbd");
  CHECK(*halves->text("b") == "\xef\xbf\xbdy");
  CHECK(*halves->text("c") == "\xf0\x9f\x98\x80");
  CHECK(*halves->text("d") == "\\ud83d");
  CHECK(*halves->text("e") == "\xef\xbf\xbd\xf0\x9f\x98\x80");
  CHECK_FALSE(JsonObject::parse(R"({"a":"\ud8"})", "f:9"));
  CHECK(*object->integer("i") == -3);
  CHECK(*object->number("n") == 2.5);
  CHECK(*object->boolean("b"));
  CHECK(*object->texts("l") == std::vector<std::string>{"x", "y"});
  CHECK(*object->integer_or_digits("d") == 42);
  CHECK(*object->integer_or_digits("i") == -3);
  CHECK(*object->json("l") == R"(["x","y"])");
  CHECK(object->has("t"));
  CHECK_FALSE(object->has("z"));
  CHECK(object->text("i").error().message == "f:7: \"i\" is a number where a text is expected");
  CHECK(object->integer("n").error().message == "f:7: \"n\" is a number where an integer is expected");
  CHECK_FALSE(object->integer("big"));
  CHECK(object->texts("m").error().message == "f:7: \"m\" holds a number where a text is expected");
  CHECK(object->integer_or_digits("t").error().message == "f:7: \"t\" is \"caf\xc3\xa9\" where an integer is expected");
  CHECK_THAT(object->text("none").error().message, StartsWith("f:7: has no key \"none\""));
}

TEST_CASE("what is no JSON object is refused with its line") {
  const auto message = [](const std::string& text) {
    Result<JsonlReader> reader = JsonlReader::open(file_in_memory("t.jsonl", text));
    REQUIRE(reader);
    while (true) {
      Result<std::optional<JsonObject>> object = reader->next();
      if (!object) return object.error().message;
      if (!*object) return std::string("fine");
    }
  };
  CHECK(message("{}\n\n  \r\n{\"a\":1}") == "fine");
  CHECK_THAT(message("{}\n[1]\n"), StartsWith("<built in>/t.jsonl:2: is an array where an object is expected"));
  CHECK_THAT(message("{}\n\n{\"a\":\n"), StartsWith("<built in>/t.jsonl:3: is not JSON"));
  CHECK_THAT(message("null"), StartsWith("<built in>/t.jsonl:1: is null where"));
  CHECK_THAT(message(std::string(100000, '[')), StartsWith("<built in>/t.jsonl:1: is not JSON"));
  std::string deep = "{\"a\":";
  for (int i = 0; i < 100000; ++i) deep += '[';
  for (int i = 0; i < 100000; ++i) deep += ']';
  CHECK_THAT(message(deep + "}"), StartsWith("<built in>/t.jsonl:1: is not JSON"));
  std::string brackets(1000, '[');
  CHECK(message("{\"a\":\"" + brackets + "\"}") == "fine");
}

TEST_CASE("a JSON array file gives its objects") {
  const std::string text = "[{\"a\":\"x\"},\n{\"a\":\"y\"}]";
  Result<std::vector<JsonObject>> objects = read_json_array(file_in_memory("t.json", text));
  REQUIRE(objects);
  REQUIRE(objects->size() == 2);
  CHECK(*(*objects)[1].text("a") == "y");
  CHECK((*objects)[1].where() == "<built in>/t.json[1]");
  CHECK_THAT(read_json_array(file_in_memory("t.json", "{}")).error().message,
             StartsWith("<built in>/t.json: is an object where an array"));
  CHECK_THAT(read_json_array(file_in_memory("t.json", "[1]")).error().message, StartsWith("<built in>/t.json[0]: is"));
  CHECK_THAT(read_json_array(file_in_memory("t.json", "[{}")).error().message,
             StartsWith("<built in>/t.json: is not JSON"));
}
