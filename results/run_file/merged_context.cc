#include "results/run_file/merged_context.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "harness/core/hash.h"
#include "results/run_file/config_difference.h"

namespace assay::run_file {
namespace {

using Json = nlohmann::json;

constexpr Sides kSides{"there", "here"};
constexpr int kMostShards = 100'000;

/// "1,3/4"; nothing where it is something else.
std::optional<Part> parsed_part(std::string_view text) {
  Part part;
  part.shards.clear();
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  const auto number = [&]() -> std::optional<int> {
    int value = 0;
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc{} || value < 1 || value > kMostShards) return std::nullopt;
    at = stop;
    return value;
  };
  while (true) {
    const auto shard = number();
    if (!shard) return std::nullopt;
    part.shards.insert(*shard);
    if (at == end || (*at != ',' && *at != '/')) return std::nullopt;
    if (*at++ == '/') break;
  }
  const auto count = number();
  if (!count || at != end || *part.shards.rbegin() > *count) return std::nullopt;
  part.count = *count;
  return part;
}

/// The configuration without what a shard has of its own; `with_limits`: but for the limits, which all shards share.
std::string shared_config(const RunInfo& run, bool with_limits) {
  Json json = Json::parse(run.config_json, nullptr, false);
  if (!json.is_object()) return run.config_json;
  json.erase("shard");
  if (const auto suites = json.find("suites"); !with_limits && suites != json.end() && suites->is_array()) {
    for (Json& suite : *suites) {
      if (suite.is_object()) suite.erase("limit");
    }
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// What else of two results cannot stand under one head. Their numbers of items may differ.
std::vector<std::string> differences_of(const std::vector<ResultInfo>& there, std::vector<ResultInfo> here) {
  for (std::size_t i = 0; i < std::min(there.size(), here.size()); ++i) here[i].items = there[i].items;
  std::vector<std::string> lines = result_differences(there, here, kSides);
  if (!lines.empty()) return lines;
  for (std::size_t i = 0; i < there.size(); ++i) {
    if (there[i].metrics != here[i].metrics || there[i].group_levels != here[i].group_levels) {
      lines.push_back("suites." + there[i].suite + ": its metrics or groups, by another assay");
    }
    if (const std::string price = price_difference(there[i].price, here[i].price, kSides); !price.empty()) {
      lines.push_back("models." + there[i].model.name + ".price: " + price);
    }
  }
  return lines;
}

void check_belongs(const MergeInput& first, const MergeInput& other) {
  const auto refuse = [&](const std::string& what) {
    fail(other.path + ": cannot be merged with " + first.path + ": " + what);
  };
  if (first.open.version != other.open.version) {
    refuse("run file schema: there " + std::to_string(first.open.version) + ", here " +
           std::to_string(other.open.version) + "; go on with the older run by this assay first");
  }
  const bool with_limits = first.is_shard && other.is_shard;
  std::vector<std::string> differences = config_differences(shared_config(first.open.run, with_limits),
                                                            shared_config(other.open.run, with_limits), kSides);
  for (std::string& line : differences_of(first.open.results, other.open.results)) {
    if (std::find(differences.begin(), differences.end(), line) == differences.end()) {
      differences.push_back(std::move(line));
    }
  }
  if (!differences.empty()) refuse(joined(differences));
}

/// Parts of one run are of one number of shards, and never share some shards only: of which items would that be?
void check_parts(const std::vector<MergeInput>& inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Part& one = inputs[i].part;
    for (std::size_t j = 0; j < i; ++j) {
      const Part& other = inputs[j].part;
      if (one.count == 1 || other.count == 1) continue;
      const auto refuse = [&](const std::string& what) {
        fail(inputs[i].path + ": cannot be merged with " + inputs[j].path + ": shard: there " + part_text(other) +
             ", here " + part_text(one) + what);
      };
      if (one.count != other.count) refuse("");
      const auto shared =
          std::count_if(one.shards.begin(), one.shards.end(), [&](int shard) { return other.shards.contains(shard); });
      const auto least = static_cast<std::ptrdiff_t>(std::min(one.shards.size(), other.shards.size()));
      if (shared != 0 && shared != least) refuse("; merge the shards themselves");
    }
  }
}

std::int64_t items_of(const MergeInput& input) {
  std::int64_t items = 0;
  for (const ResultInfo& result : input.open.results) items += result.items;
  return items;
}

/// The runs that together are all that is there: one whole run, or shards, each of them once; whichever is more.
std::vector<std::size_t> cover_of(const std::vector<MergeInput>& inputs) {
  const auto rank = [&](std::size_t i) {
    return std::tuple(-static_cast<std::int64_t>(inputs[i].part.shards.size()), inputs[i].open.run.state != "complete",
                      -items_of(inputs[i]));
  };
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < inputs.size(); ++i) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  std::optional<std::size_t> whole;
  std::vector<std::size_t> shards;
  std::set<int> covered;
  std::int64_t items = 0;
  for (const std::size_t i : order) {
    const Part& part = inputs[i].part;
    if (part.count == 1) {
      if (!whole || items_of(inputs[i]) > items_of(inputs[*whole])) whole = i;
      continue;
    }
    if (covered.contains(*part.shards.begin())) continue;
    covered.insert(part.shards.begin(), part.shards.end());
    items += items_of(inputs[i]);
    shards.push_back(i);
  }
  return whole && items_of(inputs[*whole]) >= items ? std::vector{*whole} : shards;
}

/// Shards of one selection have sizes that follow from their number; otherwise they were made with different limits.
void check_sizes(const std::vector<MergeInput>& inputs, const std::vector<std::size_t>& cover, const ResultInfo& result,
                 std::size_t at) {
  for (const std::size_t i : cover) {
    const Part& part = inputs[i].part;
    std::int64_t expected = 0;
    for (const int shard : part.shards) {
      expected += result.items * shard / part.count - result.items * (shard - 1) / part.count;
    }
    const std::int64_t items = inputs[i].open.results[at].items;
    if (items != expected) {
      fail(inputs[i].path + ": holds " + std::to_string(items) + " items of " + result.suite + " where shard " +
           part_text(part) + " of " + std::to_string(result.items) + " has " + std::to_string(expected) +
           "; the shards were run with different limits: run them again with one");
    }
  }
}

std::vector<std::pair<std::string, std::string>> merged_host(const std::vector<MergeInput>& inputs) {
  std::vector<std::pair<std::string, std::vector<std::string>>> entries;
  for (const MergeInput& input : inputs) {
    for (const auto& [key, value] : input.open.run.host) {
      const auto same = [&name = key](const auto& entry) { return entry.first == name; };
      auto found = std::find_if(entries.begin(), entries.end(), same);
      if (found == entries.end()) found = entries.insert(entries.end(), {key, {}});
      auto& values = found->second;
      if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
    }
  }
  std::vector<std::pair<std::string, std::string>> host;
  for (auto& [key, values] : entries) {
    if (key == kMergedShards) continue;
    std::sort(values.begin(), values.end());
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : "; ") + value;
    // A number stays one where the machines agree, and is not known where they do not.
    const bool are_numbers = std::all_of(values.begin(), values.end(), [](const std::string& value) {
      return std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    });
    host.emplace_back(key, values.size() > 1 && are_numbers ? "" : text);
  }
  return host;
}

RunInfo merged_run(const std::vector<MergeInput>& inputs) {
  const auto first = std::min_element(inputs.begin(), inputs.end(), [](const MergeInput& a, const MergeInput& b) {
    return a.open.run.started < b.open.run.started;
  });
  RunInfo run = first->open.run;
  std::set<std::string> ids;
  for (const MergeInput& input : inputs) {
    ids.insert(input.open.run.id);
    run.finished = std::max(run.finished, input.open.run.finished);
  }
  std::string text = "merge";
  for (const std::string& id : ids) text += " " + id;
  run.id = sha256_hex(text).substr(0, 16);
  run.config_json = shared_config(run, false);
  run.config_sha256 = sha256_hex(run.config_json);
  run.host = merged_host(inputs);
  return run;
}

/// Sessions of copies of one run are the same sessions.
void merge_sessions(const std::vector<MergeInput>& inputs, MergedContext& merged) {
  std::map<std::pair<std::string, std::int64_t>, std::int64_t> known;
  for (const MergeInput& input : inputs) {
    auto& ids = merged.session_ids.emplace_back();
    for (const SessionInfo& session : input.open.sessions) {
      const auto next = static_cast<std::int64_t>(merged.sessions.size()) + 1;
      const auto [found, is_new] = known.try_emplace({input.open.run.id, session.id}, next);
      ids[session.id] = found->second;
      if (is_new) merged.sessions.push_back(session);
      SessionInfo& kept = merged.sessions[static_cast<std::size_t>(found->second - 1)];
      if (kept.finished.empty()) kept = session;  // the later copy knows how it ended
      kept.id = found->second;
    }
  }
}

}  // namespace

MergeInput merge_input(std::string path, OpenRun open) {
  MergeInput input{std::move(path), std::move(open), {}, false};
  const RunInfo& run = input.open.run;
  const Json json = Json::parse(run.config_json, nullptr, false);
  if (json.is_object() && json.contains("shard") && json["shard"].is_string()) {
    if (const auto part = parsed_part(json["shard"].get<std::string>())) input.part = *part;
    input.is_shard = true;
    return input;
  }
  for (const auto& [key, value] : run.host) {
    if (key != kMergedShards) continue;
    if (const auto part = parsed_part(value)) input.part = *part;
  }
  return input;
}

std::string part_text(const Part& part) {
  std::string text;
  for (const int shard : part.shards) text += (text.empty() ? "" : ",") + std::to_string(shard);
  return text + "/" + std::to_string(part.count);
}

MergedContext merged_context(std::vector<MergeInput>& inputs) {
  std::sort(inputs.begin(), inputs.end(), [](const MergeInput& a, const MergeInput& b) {
    return std::tie(a.part.shards, a.open.run.id, a.open.run.finished, a.path) <
           std::tie(b.part.shards, b.open.run.id, b.open.run.finished, b.path);
  });
  for (const MergeInput& input : inputs) check_belongs(inputs.front(), input);
  check_parts(inputs);

  MergedContext merged;
  merged.run = merged_run(inputs);
  merged.cover = cover_of(inputs);
  merged.part = inputs[merged.cover.front()].part;
  for (const std::size_t i : merged.cover) {
    merged.part.shards.insert(inputs[i].part.shards.begin(), inputs[i].part.shards.end());
  }
  if (!merged.part.is_whole()) merged.run.host.emplace_back(kMergedShards, part_text(merged.part));

  for (std::size_t i = 0; i < inputs.front().open.results.size(); ++i) {
    ResultInfo result = inputs.front().open.results[i];
    result.items = 0;
    for (const std::size_t input : merged.cover) result.items += inputs[input].open.results[i].items;
    if (merged.part.is_whole()) check_sizes(inputs, merged.cover, result, i);
    // --items left the whole suite out: a run that is no shard has no result of it.
    const bool is_left_out = merged.part.is_whole() && result.items == 0;
    merged.result_ids.push_back(is_left_out ? -1 : static_cast<std::int64_t>(merged.results.size()));
    if (is_left_out) continue;
    result.id = static_cast<std::int64_t>(merged.results.size());
    merged.results.push_back(std::move(result));
  }
  merge_sessions(inputs, merged);
  return merged;
}

}  // namespace assay::run_file
