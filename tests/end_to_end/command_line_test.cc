// The program as a user meets it: exit codes, what goes to which stream, and one line for each mistake.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/catch.h"
#include "tests/end_to_end/program.h"

using namespace assay::end_to_end;

namespace {

// The approved text of tests/golden/NAME; written anew where ASSAY_APPROVE is set.
void check_golden(const std::string& name, const std::string& text) {
  const char* source = std::getenv("ASSAY_SOURCE_DIR");
  REQUIRE(source != nullptr);
  const Folder unused;
  const std::string path = std::string(source) + "/tests/golden/" + name;
  if (std::getenv("ASSAY_APPROVE") != nullptr) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    FILE* file = std::fopen(path.c_str(), "wb");
    REQUIRE(file != nullptr);
    std::fputs(text.c_str(), file);
    std::fclose(file);
  }
  CHECK(text == text_of(path));
}

}  // namespace

TEST_CASE("help texts are the approved ones") {
  const Folder folder;
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{},
                                                                                     {"run"},
                                                                                     {"show"},
                                                                                     {"compare"},
                                                                                     {"gate"},
                                                                                     {"power"},
                                                                                     {"contamination"},
                                                                                     {"breakeven"},
                                                                                     {"export"},
                                                                                     {"leaderboard"},
                                                                                     {"serve"},
                                                                                     {"rescore"},
                                                                                     {"merge"},
                                                                                     {"data", "list"},
                                                                                     {"data", "fetch"},
                                                                                     {"data", "verify"},
                                                                                     {"model", "fetch"},
                                                                                     {"model", "list"},
                                                                                     {"price", "list"},
                                                                                     {"price", "import"},
                                                                                     {"suite", "list"},
                                                                                     {"suite", "new"},
                                                                                     {"doctor"},
                                                                                     {"completion"}}) {
    std::vector<std::string> arguments = words;
    arguments.emplace_back("--help");
    const Outcome outcome = run_assay(folder.path(), arguments);
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.err.empty());
    std::string name = "help";
    for (const std::string& word : words) name += "_" + word;
    check_golden("cli/" + name + ".txt", outcome.out);
  }
}

TEST_CASE("bad command lines get exit code 2, one line on stderr, and nothing on stdout") {
  const Folder folder;
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"rnu"}, "assay: no command 'rnu' (did you mean 'run'?); see 'assay --help'\n"},
      {{"--versoin"}, "assay: no flag '--versoin' (did you mean '--version'?); see 'assay --help'\n"},
      {{"data"}, "assay data: what? list, fetch, verify; as in 'assay data list'\n"},
      {{"model", "ftech"}, "assay model: what? fetch, list; not 'ftech'\n"},
      {{"run", "--modle", "x"},
       "assay run: unknown flag '--modle' (did you mean '--model'?); see 'assay run --help'\n"},
      {{"run", "--suite", "mmlu"},
       "assay: no model to ask: give --model REF, or models: in a configuration; see 'assay run --help'\n"},
      {{"run", "--model", "baseline:first"},
       "assay: no suite to run: give --suite NAME, or suites: in a configuration; see 'assay suite list'\n"},
      {{"run", "--suite", "mmlu", "--model", "baseline:first", "--limit", "x"},
       "assay: --limit: 'x' is not a whole number from 1 to 1000000000\n"},
      {{"run", "missing.yaml"}, "assay: missing.yaml: cannot be read: No such file or directory\n"},
      {{"show"}, "assay show: RUN is missing: a run file; see 'assay show --help'\n"},
      {{"show", "x.db", "--format", "jsn"},
       "assay: --format: 'jsn' is not text, json, csv or markdown (did you mean 'json'?)\n"},
      {{"compare", "x.db"},
       "assay compare: CANDIDATE is missing: another, or another model of the same; see 'assay compare --help'\n"},
      {{"gate", "x.db"},
       "assay: no baseline to judge by: give --baseline RUN, or gate: baseline: in a configuration\n"},
      {{"gate", "x.db", "--baseline", "y.db", "--alpha", "0.6"},
       "assay: --alpha: '0.6' is not a number from 1e-09 to 0.5\n"},
      {{"breakeven", "--requests", "10"},
       "assay: tokens of a request are not known: give --input-tokens and --output-tokens, or --measured RUN\n"},
      {{"export", "x.db"}, "assay export: --to is missing: jsonl, csv, lm-eval, inspect, junit or prometheus\n"},
      {{"contamination", "mmlu"}, "assay contamination: --corpus is missing: the file or folder to look in\n"},
      {{"contamination", "mmlu", "--corpus", "x", "--ngram", "a"},
       "assay: --ngram: 'a' is not a whole number from 1 to 100, or auto\n"},
      {{"suite", "new", "x.yaml", "--kind", "sumarisation"},
       "assay: --kind: 'sumarisation' is not labels, summarisation, consistency (did you mean 'summarisation'?)\n"},
      {{"run", "--starter", "--model", "baseline:first", "--suite", "mmlu:format=vary"},
       "assay: --suite 'mmlu:format=vary': format: mmlu: format=vary asks an item in as many formats as it has "
       "samples; give samples=2 to 9\n"},
      {{"run", "--starter", "--model", "baseline:first", "--suite", "mmlu:format=vary,order=rotate,samples=4"},
       "assay: --suite 'mmlu:format=vary,order=rotate,samples=4': format: mmlu: format=vary and order=rotate both say "
       "what an item's samples are; give one of them\n"},
      {{"merge", "x.db"}, "assay merge: -o is missing: the run file to make\n"},
      {{"merge", "-o", "y.db"},
       "assay merge: RUN is missing: run files of one configuration: `assay run --shard I/N`; see 'assay merge "
       "--help'\n"},
      {{"completion", "tcsh"}, "assay completion: no SHELL 'tcsh'; there are bash, zsh, fish\n"},
      {{"model", "fetch", "smollm"},
       "assay: no model 'smollm' to fetch; there are smollm2-135m, gemma3-270m, and any GGUF file by URL with "
       "--sha256\n"},
      {{"model", "fetch", "https://example.invalid/a.gguf"},
       "assay model fetch: a URL needs --sha256 HEX, the file's SHA-256\n"},
  };
  for (const auto& [arguments, message] : cases) {
    const Outcome outcome = run_assay(folder.path(), arguments);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.out.empty());
    CHECK(outcome.err == message);
  }
}

TEST_CASE("a configuration's mistakes are named by line and column, and nothing is written") {
  const Folder folder;
  static_cast<void>(
      folder.file("c.yaml", "schema: 1\nmodels:\n  - baseline:first\nsuites:\n  - mmlu: {shots: many}\n"));
  const Outcome outcome = run_assay(folder.path(), {"run", "c.yaml"});
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err == "assay: c.yaml:5:19: shots: 'many' is not a whole number from 0 to 1000\n");
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/runs"));
  static_cast<void>(
      folder.file("d.yaml",
                  "schema: 1\nstarter: true\nmodels:\n  - baseline:first\nsuites:\n  - mmlu:\n      shots: 1\n"
                  "      subjects: [astronomy, astronmy]\n"));
  CHECK_THAT(run_assay(folder.path(), {"run", "d.yaml"}).err,
             StartsWith("assay: d.yaml:8:17: subjects: mmlu: unknown subject 'astronmy' (did you mean 'astronomy'?)"));
  static_cast<void>(folder.file("e.yaml",
                                "schema: 1\nstarter: true\nmodels:\n  - baseline:first\nsuites:\n"
                                "  - mmlu: {protocol: loglikelyhood}\n"));
  CHECK_THAT(run_assay(folder.path(), {"run", "e.yaml"}).err,
             StartsWith("assay: e.yaml:6:22: protocol: mmlu has no protocol 'loglikelyhood'"));
}

TEST_CASE("a run file is one file by whatever name, and a path that cannot be one is named") {
  const Folder folder;
  const auto run = [&](const std::string& path) {
    return run_assay(folder.path(), {"run", "--starter", "--suite", "mmlu", "--limit", "2", "--model", "baseline:first",
                                     "--run", path});
  };
  REQUIRE(run("real.db").exit_code == 0);
  std::filesystem::create_symlink("real.db", folder.path() + "/link.db");
  CHECK(run("link.db").exit_code == 0);
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/link.db-wal"));
  std::filesystem::create_symlink("nowhere.db", folder.path() + "/dangling.db");
  CHECK_THAT(run("dangling.db").err, ContainsSubstring("dangling.db: is a link to a file that is not there"));
  std::filesystem::create_symlink("loop.db", folder.path() + "/loop.db");
  CHECK_THAT(run("loop.db").err, ContainsSubstring("loop.db: cannot be used for a run"));
  CHECK(run(std::string(300, 'x') + ".db").exit_code == 2);
  std::filesystem::create_hard_link(folder.path() + "/real.db", folder.path() + "/hard.db");
  const Outcome hard = run("hard.db");
  CHECK(hard.exit_code == 2);
  CHECK_THAT(hard.err, ContainsSubstring("hard.db: has another name too"));
}

TEST_CASE("`help COMMAND` is `COMMAND --help`") {
  const Folder folder;
  for (const std::vector<std::string>& words : {std::vector<std::string>{"run"}, {"data", "list"}, {"data"}}) {
    std::vector<std::string> help{"help"};
    std::vector<std::string> flag;
    help.insert(help.end(), words.begin(), words.end());
    flag.insert(flag.end(), words.begin(), words.end());
    flag.emplace_back("--help");
    const Outcome outcome = run_assay(folder.path(), help);
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.out == run_assay(folder.path(), flag).out);
  }
  CHECK_THAT(run_assay(folder.path(), {"help", "rnu"}).err, ContainsSubstring("did you mean 'run'?"));
}

TEST_CASE("shards without items, items that are misspelt and empty run files say so") {
  const Folder folder;
  const Outcome shard = run_assay(folder.path(), {"run", "--starter", "--suite", "hellaswag", "--model",
                                                  "baseline:first", "--limit", "1", "--shard", "1/2"});
  CHECK_THAT(shard.err, ContainsSubstring("shard 1/2 has no item of hellaswag: there are fewer items than shards"));
  const Outcome item = run_assay(folder.path(), {"run", "--starter", "--suite", "hellaswag", "--model",
                                                 "baseline:first", "--items", "helaswag/7"});
  CHECK(item.exit_code == 2);
  CHECK_THAT(item.err, ContainsSubstring("--items 'helaswag/7' matches no item (did you mean 'hellaswag/7'?)"));
  static_cast<void>(folder.file("empty.db", ""));
  const Outcome empty =
      run_assay(folder.path(), {"run", "--starter", "--model", "baseline:first", "--run", "empty.db"});
  CHECK(empty.exit_code == 2);
  CHECK(empty.err == "assay: empty.db: the file is empty, not an assay run file; remove it, or name another\n");
}

TEST_CASE("prompts that were cut are counted in the summary, and exports have every scalar") {
  const Folder folder;
  static_cast<void>(folder.file("s.jsonl",
                                "{\"item\": \"hellaswag/1\", \"note\": \"left-truncated 7 tokens\", "
                                "\"choose\": 0}\n{\"choose\": 0}\n"));
  const Outcome run = run_assay(folder.path(), {"run", "--starter", "--suite", "hellaswag", "--model",
                                                "scripted:s.jsonl", "--run", "r.db", "--format", "json"});
  CHECK(run.exit_code == 0);
  CHECK_THAT(run.out, ContainsSubstring("\"cut\": 1"));
  CHECK_THAT(run_assay(folder.path(), {"show", "r.db"}).out,
             ContainsSubstring("1 item was asked with a prompt cut to the model's context"));
  const Outcome csv = run_assay(folder.path(), {"export", "r.db", "--to", "csv"});
  CHECK_THAT(csv.out,
             ContainsSubstring("usd,prompt,reasoning,reasoning_tokens,cache_write_tokens,sent,note,strategy\r\n"));
  CHECK_THAT(csv.out, ContainsSubstring(",left-truncated 7 tokens,\r\n"));
}

TEST_CASE("episodes are run, shown with their turns and tokens, replayed and scored again") {
  const Folder folder;
  static_cast<void>(folder.file("s.jsonl", R"({"texts": ["Action: Operation\n```sql\nSELECT 1\n```", )"
                                           R"("Action: Answer\nFinal Answer: [\"2\"]"], "prompt_tokens": 10})"
                                           "\n"));
  const Outcome run = run_assay(folder.path(), {"run", "--starter", "--suite", "dbbench", "--model", "scripted:s.jsonl",
                                                "--run", "r.db", "--format", "json"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  CHECK_THAT(run.out, ContainsSubstring("\"turns\": {\n        \"mean\": 2.0,\n        \"max\": 2\n"));
  CHECK_THAT(run.out, ContainsSubstring("\"prompt\": 800,"));  // 40 episodes of 2 turns
  CHECK_THAT(run.out, ContainsSubstring("\"retries\": 0,"));
  const Outcome lines = run_assay(folder.path(), {"export", "r.db", "--to", "jsonl"});
  CHECK_THAT(lines.out, ContainsSubstring("\"turns\":2"));
  CHECK_THAT(lines.out, ContainsSubstring("[assistant]\\nAction: Operation"));
  CHECK_THAT(lines.out, ContainsSubstring("1\\n1"));  // what the statement gave
  CHECK(lines.out.find("#turns") == std::string::npos);

  const Outcome replayed = run_assay(folder.path(), {"run", "--starter", "--suite", "dbbench", "--model", "replay:r.db",
                                                     "--run", "again.db", "--format", "json"});
  INFO(replayed.err);
  CHECK(replayed.exit_code == 0);
  CHECK_THAT(replayed.out, ContainsSubstring("\"prompt\": 800,"));
  const Outcome rescored = run_assay(folder.path(), {"rescore", "r.db", "--run", "scored.db"});
  INFO(rescored.err);
  CHECK(rescored.exit_code == 0);
  CHECK_THAT(rescored.err + rescored.out, ContainsSubstring("40"));
}

TEST_CASE("strategies are compared by one command, on the same items, and are never one") {
  const Folder folder;
  static_cast<void>(folder.file("q.csv",
                                "question,category\nCharged twice?,billing\nAn invoice?,billing\nMy refund?,billing\n"
                                "Where is it?,shipping\n"));
  static_cast<void>(folder.file("s.yaml",
                                "assay_suite: 1\nname: support\ndata: q.csv\nprompt: \"{{ question }}\"\n"
                                "target: \"{{ category }}\"\nexamples: {count: 1}\n"));
  // The first sample is always wrong; the two others say billing, which three of four are.
  static_cast<void>(folder.file("m.jsonl",
                                "{\"sample\": 0, \"text\": \"Hm.\\nAnswer: other\", \"delay_ms\": 1}\n"
                                "{\"text\": \"Answer: billing\", \"delay_ms\": 1}\n"));
  std::vector<std::string> run{"run", "--suite", "s.yaml", "--model", "scripted:m.jsonl", "--strategy"};
  run.insert(run.end(), {"zero_shot,few_shot:2,cot,self_consistency:3", "--run", "r.db", "--format", "json"});
  const Outcome ran = run_assay(folder.path(), run);
  INFO(ran.err);
  if (ran.err.find("template") != std::string::npos) return;  // a build without the engine says so
  REQUIRE(ran.exit_code == 0);
  for (const char* strategy : {"zero_shot", "few_shot:2", "cot", "self_consistency:3"}) {
    CHECK_THAT(ran.out, ContainsSubstring(std::string("\"strategy\": \"") + strategy + '"'));
  }
  CHECK_THAT(ran.out, ContainsSubstring("\"exact_match_single\""));
  const Outcome shown = run_assay(folder.path(), {"show", "r.db"});
  CHECK_THAT(shown.out, ContainsSubstring("exact_match · cot: generate/cot, 0 shots"));
  CHECK_THAT(shown.out, ContainsSubstring("exact_match · few_shot:2: generate, 2 shots"));
  CHECK_THAT(shown.out, ContainsSubstring("strategies of support, on the same 4 items"));
  CHECK_THAT(shown.out, ContainsSubstring("  self_consistency:3 · exact_match · generate/cot, 0 shots, 3 samples\n"));
  const Outcome again = run_assay(folder.path(), run);
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.err, StartsWith("going on with r.db (24 answers"));  // 4 items, 1 + 1 + 1 + 3 samples

  const Outcome compared =
      run_assay(folder.path(), {"compare", "r.db", "r.db", "--strategy", "cot,self_consistency:3"});
  INFO(compared.err);
  CHECK(compared.exit_code == 0);
  CHECK_THAT(compared.out, ContainsSubstring("support (cot → self_consistency:3)"));
  const Outcome itself = run_assay(folder.path(), {"compare", "r.db", "r.db"});
  CHECK_THAT(itself.out, ContainsSubstring("support (few_shot:2)"));
  const Outcome rescored = run_assay(folder.path(), {"rescore", "r.db", "--run", "s.db"});
  INFO(rescored.err);
  CHECK(rescored.exit_code == 0);
  const Outcome summary = run_assay(folder.path(), {"export", "s.db", "--to", "prometheus"});
  CHECK_THAT(summary.out, ContainsSubstring("strategy=\"self_consistency:3\",metric=\"exact_match\"} 0.75\n"));
  const Outcome site = run_assay(folder.path(), {"leaderboard", "r.db", "-o", "site"});
  CHECK(site.exit_code == 0);

  run[6] = "few_shot:4";
  const Outcome too_many = run_assay(folder.path(), run);
  CHECK(too_many.exit_code == 2);
  const Outcome dry = run_assay(folder.path(), {"run", "--suite", "s.yaml", "--model", "scripted:m.jsonl", "--strategy",
                                                "cot,self_consistency:5", "--dry-run"});
  CHECK_THAT(dry.out, ContainsSubstring("support       self_consistency:5"));
  const auto refusal = [&](const std::string& suite, const std::string& strategy) {
    const Outcome outcome = run_assay(
        folder.path(), {"run", "--starter", "--suite", suite, "--model", "baseline:first", "--strategy", strategy});
    CHECK(outcome.exit_code == 2);
    return outcome.err;
  };
  CHECK_THAT(refusal("hellaswag", "few_shot:3"),
             ContainsSubstring("hellaswag has no strategy few_shot:3: it has no worked examples to show; it has "
                               "zero_shot"));
  CHECK_THAT(refusal("humaneval", "self_consistency:3"),
             ContainsSubstring("no protocol of it lets a model reason first; it has zero_shot"));
  CHECK_THAT(refusal("legalbench", "zero_shot"), ContainsSubstring("its prompts have worked examples of their own"));
  CHECK_THAT(refusal("mmlu:temperature=0", "self_consistency:3"), ContainsSubstring("at temperature 0"));
  std::vector<std::string> two{"run", "--starter", "--suite", "gsm8k", "--suite", "hellaswag"};
  two.insert(two.end(), {"--model", "baseline:first", "--strategy", "zero_shot,cot", "--limit", "2", "--run", "t.db"});
  const Outcome several = run_assay(folder.path(), two);
  INFO(several.err);
  CHECK(several.exit_code == 0);
  CHECK_THAT(several.err, ContainsSubstring("hellaswag has no strategy cot"));
  CHECK_THAT(several.out, ContainsSubstring("accuracy · cot: generate/cot, 8 shots"));
  CHECK_THAT(several.out, ContainsSubstring("strategies of gsm8k, on the same 2 items"));
}

TEST_CASE("orders of options are two more metrics") {
  const Folder folder;
  const Outcome run = run_assay(folder.path(), {"run", "--starter", "--suite", "mmlu:order=rotate,samples=4", "--model",
                                                "baseline:first", "--run", "r.db", "--format", "json"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  // Always the first option: right in one of four orders, never in all.
  CHECK_THAT(run.out, ContainsSubstring("\"accuracy\": {\n          \"value\": 0.25,"));
  CHECK_THAT(run.out, ContainsSubstring("\"accuracy_all_orders\": {\n          \"value\": 0.0,"));
  CHECK_THAT(run.out, ContainsSubstring("\"accuracy_order_spread\": {"));
}

TEST_CASE("formats are metrics of their own, and another format is another way to ask") {
  const Folder folder;
  const std::vector<std::string> start{"run", "--starter", "--model", "baseline:first", "--suite"};
  const auto run = [&](const std::string& suite, const std::string& file) {
    std::vector<std::string> words = start;
    words.insert(words.end(), {suite, "--run", file, "--format", "json"});
    return run_assay(folder.path(), words);
  };
  const Outcome varied = run("mmlu:format=vary,samples=3", "v.db");
  INFO(varied.err);
  REQUIRE(varied.exit_code == 0);
  CHECK_THAT(varied.out, ContainsSubstring("\"accuracy_format_reference\": {"));
  CHECK_THAT(varied.out, ContainsSubstring("\"accuracy_format_brackets\": {"));
  // Always A: the same in each format.
  CHECK_THAT(varied.out, ContainsSubstring("\"accuracy_format_spread\": {\n          \"value\": 0.0,"));
  CHECK_THAT(varied.out, ContainsSubstring("\"interval\": \"simultaneous\""));
  REQUIRE(run("mmlu:format=vary,samples=4", "w.db").exit_code == 0);
  const Outcome other_formats = run_assay(folder.path(), {"compare", "v.db", "w.db"});
  CHECK(other_formats.exit_code == 2);
  CHECK_THAT(other_formats.err, ContainsSubstring("samples 3 against 4"));
  REQUIRE(run("mmlu", "r.db").exit_code == 0);
  REQUIRE(run("mmlu:format=brackets", "b.db").exit_code == 0);
  const Outcome refused = run_assay(folder.path(), {"compare", "r.db", "b.db"});
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, ContainsSubstring("format=brackets"));
  const Outcome board = run_assay(folder.path(), {"leaderboard", "r.db", "b.db", "-o", "site"});
  CHECK(board.exit_code == 0);
  CHECK_THAT(text_of(folder.path() + "/site/leaderboard.md"), ContainsSubstring("format=brackets"));
}

TEST_CASE("starter items run on a baseline from an empty home, and the run is shown, exported and gone on with") {
  const Folder folder;
  const std::vector<std::string> run{"run", "--starter", "--model", "baseline:first", "--run", "r.db"};
  const Outcome first = run_assay(folder.path(), run);
  INFO(first.err);
  REQUIRE(first.exit_code == 0);
  CHECK_THAT(first.out, ContainsSubstring("mmlu"));
  CHECK_THAT(first.out, ContainsSubstring("hellaswag"));
  CHECK_THAT(first.err, StartsWith("run file r.db\n"));

  const Outcome again = run_assay(folder.path(), run);
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.err, StartsWith("going on with r.db ("));

  std::vector<std::string> other = run;
  other.insert(other.end(), {"--seed", "5"});
  const Outcome refused = run_assay(folder.path(), other);
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, ContainsSubstring("seed"));

  const Outcome json = run_assay(folder.path(), {"show", "r.db", "--format", "json"});
  CHECK(json.exit_code == 0);
  CHECK(json.err.empty());
  CHECK_THAT(json.out, StartsWith("{\n"));
  CHECK_THAT(json.out, EndsWith("}\n"));
  for (const char* format : {"text", "csv", "markdown"}) {
    CHECK(run_assay(folder.path(), {"show", "r.db", "--format", format}).exit_code == 0);
  }
  const Outcome lines = run_assay(folder.path(), {"export", "r.db", "--to", "jsonl"});
  CHECK(std::count(lines.out.begin(), lines.out.end(), '\n') >= 80);
  const Outcome item = run_assay(folder.path(), {"show", "r.db", "--item", "hellaswag/0"});
  CHECK(item.exit_code == 0);
  CHECK_THAT(item.out, ContainsSubstring("hellaswag/0"));
  const auto item_as = [&](const char* format) {
    const Outcome shown = run_assay(folder.path(), {"show", "r.db", "--item", "hellaswag/0", "--format", format});
    CHECK(shown.exit_code == 0);
    return shown.out;
  };
  CHECK_THAT(item_as("csv"), StartsWith("item,suite,model,") && ContainsSubstring("\r\nhellaswag/0,hellaswag,"));
  CHECK_THAT(item_as("markdown"), StartsWith("### hellaswag/0\n") && ContainsSubstring("| target | "));
  const Outcome missing = run_assay(folder.path(), {"show", "r.db", "--item", "hellswag/0"});
  CHECK(missing.exit_code == 2);
  CHECK_THAT(missing.err, ContainsSubstring("did you mean 'hellaswag/0'?"));
}

TEST_CASE("a leaderboard with a baseline that nothing can be compared with is refused") {
  const Folder folder;
  for (const char* shots : {"0", "1"}) {
    const Outcome run = run_assay(folder.path(), {"run", "--starter", "--suite", "mmlu", "--shots", shots, "--model",
                                                  std::string("baseline:") + (*shots == '0' ? "first" : "longest"),
                                                  "--run", std::string(shots) + ".db", "--quiet"});
    REQUIRE(run.exit_code == 0);
  }
  const Outcome unlike = run_assay(folder.path(), {"leaderboard", "1.db", "--baseline", "0.db", "-o", "site"});
  CHECK(unlike.exit_code == 2);
  CHECK_THAT(unlike.err, ContainsSubstring("shots 0 against 1") && ContainsSubstring("no model of the runs given"));
  const Outcome alone = run_assay(folder.path(), {"leaderboard", "0.db", "--baseline", "0.db", "-o", "site"});
  CHECK(alone.exit_code == 2);
  CHECK_THAT(alone.err, ContainsSubstring("no model but the baseline"));
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/site"));
}

TEST_CASE("json output is one document and nothing else; quiet says nothing") {
  const Folder folder;
  const Outcome outcome =
      run_assay(folder.path(), {"run", "--starter", "--model", "baseline:random", "--format", "json", "--quiet"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err.empty());
  CHECK_THAT(outcome.out, StartsWith("{\n"));
  CHECK_THAT(outcome.out, ContainsSubstring("\"schema\": 1"));
}

TEST_CASE("a dry run shows what would be asked and writes nothing") {
  const Folder folder;
  const Outcome outcome = run_assay(folder.path(), {"run", "--starter", "--model", "baseline:first", "--dry-run"});
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, ContainsSubstring("Nothing was asked."));
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/runs"));
}

TEST_CASE("items without an answer make the run incomplete: exit 3, and another call goes on") {
  const Folder folder;
  static_cast<void>(
      folder.file("s.jsonl", "{\"item\": \"hellaswag/1\", \"fault\": \"invalid_request\"}\n{\"choose\": 0}\n"));
  const std::vector<std::string> run{"run",     "--starter",        "--suite", "hellaswag",
                                     "--model", "scripted:s.jsonl", "--run",   "r.db"};
  const Outcome outcome = run_assay(folder.path(), run);
  CHECK(outcome.exit_code == 3);
  CHECK_THAT(outcome.err, ContainsSubstring("1 of "));
  static_cast<void>(folder.file("s.jsonl", "{\"choose\": 0}\n"));
  CHECK(run_assay(folder.path(), run).exit_code == 0);
}

TEST_CASE("a replayed run scores the same without asking") {
  const Folder folder;
  CHECK(run_assay(folder.path(), {"run", "--starter", "--model", "baseline:random", "--run", "a.db"}).exit_code == 0);
  const Outcome replayed =
      run_assay(folder.path(), {"run", "--starter", "--model", "replay:a.db", "--run", "b.db", "--format", "json"});
  CHECK(replayed.exit_code == 0);
  CHECK_THAT(replayed.out, ContainsSubstring("\"failed\": 0"));
  CHECK(run_assay(folder.path(), {"run", "--starter", "--suite", "mmlu", "--model", "baseline:random", "--run", "m.db"})
            .exit_code == 0);
  const Outcome lacks =
      run_assay(folder.path(), {"run", "--starter", "--suite", "hellaswag", "--model", "replay:m.db"});
  CHECK(lacks.exit_code == 2);
  CHECK(lacks.err == "assay: m.db: has no answers of baseline:random to suite hellaswag; it has: mmlu\n");
}

TEST_CASE("queries of another tool are scored, with a deadline in seconds") {
  const Folder folder;
  const std::string samples = folder.file(
      "s.jsonl",
      "{\"item\": \"text_to_sql/starter/0\", \"completion\": \"SELECT count(port_id) FROM port\"}\n"
      "{\"task_id\": \"starter/1\", \"completion\": \"SELECT 7\"}\n"
      "{\"task_id\": \"starter/2\", \"completion\": \"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
      "FROM n) SELECT max(i) FROM n\"}\n");
  const auto score = [&](const std::string& suite, const std::string& seconds) {
    return run_assay(folder.path(),
                     {"score", suite, samples, "--starter", "--timeout", seconds, "--run", "r.db", "--quiet"});
  };
  const Outcome outcome = score("text_to_sql", "0.25");
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const std::string verdicts = text_of(samples + "_results.jsonl");
  CHECK_THAT(verdicts, ContainsSubstring("\"result\":\"passed\",\"passed\":true"));
  CHECK_THAT(verdicts, ContainsSubstring("\"result\":\"failed: "));
  CHECK_THAT(verdicts, ContainsSubstring("\"result\":\"timed out\",\"passed\":false"));
  CHECK_THAT(run_assay(folder.path(), {"show", "r.db", "--item", "text_to_sql/starter/2"}).out,
             ContainsSubstring("stopped after 250 ms of CPU time"));

  const Outcome unread = score("text_to_sql", "soon");
  CHECK(unread.exit_code == 2);
  CHECK(unread.err == "assay: --timeout soon: expected a number of seconds above 0\n");
  const Outcome executes_nothing = score("mmlu", "1");
  CHECK(executes_nothing.exit_code == 2);
  CHECK(executes_nothing.err == "assay: --timeout: mmlu executes nothing\n");
}

TEST_CASE("doctor, lists, version and completion work in an empty home") {
  const Folder folder;
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{{"doctor"},
                                                                                         {"doctor", "--format", "json"},
                                                                                         {"data", "list"},
                                                                                         {"model", "list"},
                                                                                         {"suite", "list"},
                                                                                         {"--version"},
                                                                                         {"completion", "bash"},
                                                                                         {"completion", "zsh"},
                                                                                         {"completion", "fish"}}) {
    const Outcome outcome = run_assay(folder.path(), arguments);
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.err.empty());
    CHECK_FALSE(outcome.out.empty());
  }
  const Outcome doctor = run_assay(folder.path(), {"doctor"}, {{"OPENAI_API_KEY", "sk-secret-value"}});
  CHECK_THAT(doctor.out, ContainsSubstring("OPENAI_API_KEY: set"));
  CHECK(doctor.out.find("sk-secret-value") == std::string::npos);
  CHECK(run_assay(folder.path(), {"data", "verify"}).exit_code == 2);
}
