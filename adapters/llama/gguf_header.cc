#include "adapters/llama/gguf_header.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "harness/core/text.h"

namespace assay::llama {
namespace {

static_assert(std::endian::native == std::endian::little, "GGUF files are little endian");

/// What is wrong with a file; caught at the edge of this file.
struct BadHeader {
  std::string message;
};

/// GGUF value types by their number in the file.
enum ValueType : std::uint32_t {
  kUint8,
  kInt8,
  kUint16,
  kInt16,
  kUint32,
  kInt32,
  kFloat32,
  kBool,
  kString,
  kArray,
  kUint64,
  kInt64,
  kFloat64,
  kValueTypes
};
constexpr std::array<std::uint64_t, kValueTypes> kValueBytes = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

/// Elements and bytes of one block of a tensor type; {0, 0}: no such type.
struct Block {
  std::uint16_t elements;
  std::uint16_t bytes;
};
// By the type's number in ggml.h (enum ggml_type).
constexpr std::array<Block, 43> kBlocks = {{
    {1, 4},    {1, 2},    {32, 18},   {32, 20},   {0, 0},     {0, 0},     {32, 22},   {32, 24},  {32, 34},
    {32, 36},  {256, 84}, {256, 110}, {256, 144}, {256, 176}, {256, 210}, {256, 292}, {256, 66}, {256, 74},
    {256, 98}, {256, 50}, {32, 18},   {256, 110}, {256, 82},  {256, 136}, {1, 1},     {1, 2},    {1, 4},
    {1, 8},    {1, 8},    {256, 56},  {1, 2},     {0, 0},     {0, 0},     {0, 0},     {256, 54}, {256, 66},
    {0, 0},    {0, 0},    {0, 0},     {32, 17},   {64, 36},   {128, 18},  {64, 18},
}};

// By the number of general.file_type (enum llama_ftype).
const char* file_type_name(std::uint64_t type) {
  switch (type) {
    case 0:
      return "F32";
    case 1:
      return "F16";
    case 2:
      return "Q4_0";
    case 3:
      return "Q4_1";
    case 7:
      return "Q8_0";
    case 8:
      return "Q5_0";
    case 9:
      return "Q5_1";
    case 10:
      return "Q2_K";
    case 11:
      return "Q3_K_S";
    case 12:
      return "Q3_K_M";
    case 13:
      return "Q3_K_L";
    case 14:
      return "Q4_K_S";
    case 15:
      return "Q4_K_M";
    case 16:
      return "Q5_K_S";
    case 17:
      return "Q5_K_M";
    case 18:
      return "Q6_K";
    case 19:
      return "IQ2_XXS";
    case 20:
      return "IQ2_XS";
    case 21:
      return "Q2_K_S";
    case 22:
      return "IQ3_XS";
    case 23:
      return "IQ3_XXS";
    case 24:
      return "IQ1_S";
    case 25:
      return "IQ4_NL";
    case 26:
      return "IQ3_S";
    case 27:
      return "IQ3_M";
    case 28:
      return "IQ2_S";
    case 29:
      return "IQ2_M";
    case 30:
      return "IQ4_XS";
    case 31:
      return "IQ1_M";
    case 32:
      return "BF16";
    case 36:
      return "TQ1_0";
    case 37:
      return "TQ2_0";
    case 38:
      return "MXFP4_MOE";
    default:
      return "mixed";
  }
}

/// A product, or BadHeader where it does not fit 64 bits.
std::uint64_t product(std::uint64_t a, std::uint64_t b, const char* what) {
  std::uint64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) {
    throw BadHeader{std::string(what) + " is larger than any file"};
  }
  return result;
}

/// The file from its start, with what is left of it known before each read.
class Reader {
 public:
  Reader(std::istream& in, std::uint64_t size) : in_(in), left_(size), size_(size) {}

  [[nodiscard]] std::uint64_t left() const { return left_; }
  [[nodiscard]] std::uint64_t position() const { return size_ - left_; }

  void bytes(char* to, std::uint64_t count, const char* what) {
    need(count, what);
    in_.read(to, static_cast<std::streamsize>(count));
    if (!in_) {
      throw BadHeader{std::string("cannot be read at ") + what};
    }
  }

  template <class T>
  T value(const char* what) {
    T result{};
    std::array<char, sizeof(T)> raw{};
    bytes(raw.data(), raw.size(), what);
    std::memcpy(&result, raw.data(), sizeof(T));
    return result;
  }

  void skip(std::uint64_t count, const char* what) {
    need(count, what);
    in_.seekg(static_cast<std::streamoff>(count), std::ios::cur);
    if (!in_) {
      throw BadHeader{std::string("cannot be read at ") + what};
    }
  }

  std::string text(std::uint64_t longest, const char* what) {
    const auto length = value<std::uint64_t>(what);
    if (length > left_ || length > longest) {
      throw BadHeader{std::string(what) + " claims " + std::to_string(length) + " bytes"};
    }
    std::string result(length, '\0');
    bytes(result.data(), length, what);
    return result;
  }

  void skip_text(const char* what) { skip(value<std::uint64_t>(what), what); }

 private:
  void need(std::uint64_t count, const char* what) {
    if (count > left_) {
      throw BadHeader{"ends within " + std::string(what) + " (truncated, or its header lies about sizes)"};
    }
    left_ -= count;
  }

  std::istream& in_;
  std::uint64_t left_;
  std::uint64_t size_;
};

/// The metadata that we or llama.cpp's loader rely on.
struct Metadata {
  std::map<std::string, std::string> texts;
  std::map<std::string, std::uint64_t> numbers;
  std::map<std::string, std::uint64_t> array_sizes;
};

constexpr std::uint64_t kLongestKey = 65535;              // gguf.md
constexpr std::uint64_t kLongestText = 64 * 1024 * 1024;  // a chat template is some 10 KB
constexpr std::uint64_t kLongestTensorName = 63;          // GGML_MAX_NAME - 1

constexpr std::uint64_t kMostTexts = std::uint64_t{1} << 24;  // vocabularies have up to a million

/// The tokens of a vocabulary: llama.cpp ends the process where two are the same. It takes each up to its first NUL and
/// gives empty ones names of their own.
void check_tokens(Reader& reader, std::uint64_t count) {
  std::unordered_set<std::string> seen;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string token = reader.text(kLongestText, "a token");
    token.resize(std::min(token.size(), token.find('\0')));
    if (token.empty()) continue;
    if (!seen.insert(token).second) {
      throw BadHeader{"has the token '" + token + "' twice (token " + std::to_string(i) + ")"};
    }
  }
}

void read_array(Reader& reader, const std::string& key, Metadata& metadata) {
  const auto type = reader.value<std::uint32_t>("an array's type");
  const auto count = reader.value<std::uint64_t>("an array's length");
  if (type >= kValueTypes || type == kArray) {
    throw BadHeader{"array '" + key + "' has an unknown element type " + std::to_string(type)};
  }
  const std::uint64_t least = type == kString ? 8 : kValueBytes[type];
  if (count > reader.left() / least) {
    throw BadHeader{"array '" + key + "' claims " + std::to_string(count) + " elements, more than the file holds"};
  }
  if (type == kString) {
    if (count > kMostTexts) {
      throw BadHeader{"array '" + key + "' claims " + std::to_string(count) + " texts, more than any vocabulary has"};
    }
    if (key == "tokenizer.ggml.tokens") {
      check_tokens(reader, count);
    } else {
      for (std::uint64_t i = 0; i < count; ++i) {
        reader.skip_text("an array of texts");
      }
    }
  } else {
    reader.skip(product(count, kValueBytes[type], "an array"), "an array");
  }
  metadata.array_sizes[key] = count;
}

void read_pair(Reader& reader, Metadata& metadata) {
  const std::string key = reader.text(kLongestKey, "a metadata key");
  const auto type = reader.value<std::uint32_t>("a metadata type");
  switch (type) {
    case kUint8:
      metadata.numbers[key] = reader.value<std::uint8_t>("metadata");
      break;
    case kUint16:
      metadata.numbers[key] = reader.value<std::uint16_t>("metadata");
      break;
    case kUint32:
      metadata.numbers[key] = reader.value<std::uint32_t>("metadata");
      break;
    case kInt32:
      metadata.numbers[key] = reader.value<std::uint32_t>("metadata");
      break;
    case kUint64:
      metadata.numbers[key] = reader.value<std::uint64_t>("metadata");
      break;
    case kInt64:
      metadata.numbers[key] = reader.value<std::uint64_t>("metadata");
      break;
    case kInt8:
    case kInt16:
    case kFloat32:
    case kBool:
    case kFloat64:
      reader.skip(kValueBytes[type], "metadata");
      break;
    case kString:
      metadata.texts[key] = reader.text(kLongestText, "a metadata text");
      break;
    case kArray:
      read_array(reader, key, metadata);
      break;
    default:
      throw BadHeader{"metadata '" + key + "' has an unknown type " + std::to_string(type)};
  }
}

struct Tensor {
  std::string name;
  std::uint64_t elements = 1;
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;
};

Tensor read_tensor(Reader& reader) {
  Tensor tensor;
  tensor.name = reader.text(kLongestTensorName, "a tensor name");
  const auto dimensions = reader.value<std::uint32_t>("a tensor's dimensions");
  if (dimensions > 4) {
    throw BadHeader{"tensor '" + tensor.name + "' claims " + std::to_string(dimensions) + " dimensions"};
  }
  std::uint64_t row = 1;
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    const auto extent = reader.value<std::uint64_t>("a tensor's extent");
    if (extent == 0 || extent > INT64_MAX) {
      throw BadHeader{"tensor '" + tensor.name + "' has an extent of " + std::to_string(extent)};
    }
    row = i == 0 ? extent : row;
    tensor.elements = product(tensor.elements, extent, "a tensor");
  }
  const auto type = reader.value<std::uint32_t>("a tensor's type");
  if (type >= kBlocks.size() || kBlocks[type].elements == 0) {
    throw BadHeader{"tensor '" + tensor.name + "' has a type (" + std::to_string(type) +
                    ") this program does not know"};
  }
  if (row % kBlocks[type].elements != 0) {
    throw BadHeader{"tensor '" + tensor.name + "' has rows that are no whole number of blocks"};
  }
  tensor.bytes = product(tensor.elements / kBlocks[type].elements, kBlocks[type].bytes, "a tensor");
  tensor.offset = reader.value<std::uint64_t>("a tensor's offset");
  return tensor;
}

/// Numbers that llama.cpp divides by or allocates by, where they are plain numbers.
void check_sane(const Metadata& metadata, const std::string& architecture) {
  const std::pair<const char*, std::uint64_t> limits[] = {{"block_count", 4096},
                                                          {"embedding_length", 1U << 20U},
                                                          {"attention.head_count", 1U << 16U},
                                                          {"context_length", INT32_MAX}};
  for (const auto& [name, most] : limits) {
    const auto found = metadata.numbers.find(architecture + "." + name);
    if (found != metadata.numbers.end() && (found->second == 0 || found->second > most)) {
      throw BadHeader{found->first + " is " + std::to_string(found->second)};
    }
  }
  const auto tokens = metadata.array_sizes.find("tokenizer.ggml.tokens");
  for (const char* name : {"tokenizer.ggml.scores", "tokenizer.ggml.token_type"}) {
    const auto found = metadata.array_sizes.find(name);
    if (found != metadata.array_sizes.end() &&
        (tokens == metadata.array_sizes.end() || found->second != tokens->second)) {
      throw BadHeader{std::string(name) + " has another length than tokenizer.ggml.tokens"};
    }
  }
}

/// Ids that we put into prompts must be tokens, and every row of logits must have one.
void check_token_ids(const Metadata& metadata) {
  const auto tokens = metadata.array_sizes.find("tokenizer.ggml.tokens");
  if (tokens == metadata.array_sizes.end()) return;
  // More tokens than llama.vocab_size says are what fine-tuned models have; fewer leave rows without a token.
  for (const auto& [key, value] : metadata.numbers) {
    if (key.ends_with(".vocab_size") && value > tokens->second) {
      throw BadHeader{key + " is " + std::to_string(value) + ", and there are " + std::to_string(tokens->second) +
                      " tokens"};
    }
  }
  for (const char* name : {"tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id"}) {
    const auto found = metadata.numbers.find(name);
    if (found != metadata.numbers.end() && found->second >= tokens->second) {
      throw BadHeader{std::string(name) + " is " + std::to_string(found->second) + ", and there are " +
                      std::to_string(tokens->second) + " tokens"};
    }
  }
}

std::uint64_t alignment_of(const Metadata& metadata) {
  const auto found = metadata.numbers.find("general.alignment");
  const std::uint64_t alignment = found == metadata.numbers.end() ? 32 : found->second;
  if (alignment == 0 || !std::has_single_bit(alignment) || alignment > (1U << 20U)) {
    throw BadHeader{"general.alignment is " + std::to_string(alignment)};
  }
  return alignment;
}

GgufHeader parse(std::istream& in, std::uint64_t size) {
  if (size == 0) {
    throw BadHeader{"is empty"};
  }
  Reader reader(in, size);
  std::array<char, 4> magic{};
  if (size < magic.size()) {
    throw BadHeader{"is not a GGUF file (too short)"};
  }
  reader.bytes(magic.data(), magic.size(), "its first bytes");
  if (std::memcmp(magic.data(), "GGUF", magic.size()) != 0) {
    throw BadHeader{"is not a GGUF file (it does not begin with 'GGUF')"};
  }
  const auto version = reader.value<std::uint32_t>("the version");
  if (version < 2 || version > 3) {
    throw BadHeader{"has GGUF version " + std::to_string(version) + ", known are 2 and 3 (little endian)"};
  }
  const auto tensors = reader.value<std::uint64_t>("the number of tensors");
  const auto pairs = reader.value<std::uint64_t>("the number of metadata entries");
  constexpr std::uint64_t kLeastTensor = 8 + 4 + 4 + 8;
  constexpr std::uint64_t kLeastPair = 8 + 4 + 1;
  if (pairs > reader.left() / kLeastPair || tensors > reader.left() / kLeastTensor) {
    throw BadHeader{"claims " + std::to_string(tensors) + " tensors and " + std::to_string(pairs) +
                    " metadata entries, more than the file holds"};
  }
  Metadata metadata;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    read_pair(reader, metadata);
  }
  GgufHeader header;
  header.architecture = metadata.texts["general.architecture"];
  if (header.architecture.empty()) {
    throw BadHeader{"names no architecture (general.architecture is missing)"};
  }
  check_sane(metadata, header.architecture);
  check_token_ids(metadata);
  if (metadata.numbers["split.count"] > 1) {
    throw BadHeader{"is one part of several: join them first (llama-gguf-split --merge)"};
  }
  const std::uint64_t alignment = alignment_of(metadata);

  std::vector<Tensor> list;
  for (std::uint64_t i = 0; i < tensors; ++i) {
    list.push_back(read_tensor(reader));
  }
  const std::uint64_t begin = (reader.position() + alignment - 1) / alignment * alignment;
  const std::uint64_t data = begin > size ? 0 : size - begin;
  for (const Tensor& tensor : list) {
    if (tensor.offset % alignment != 0) {
      throw BadHeader{"tensor '" + tensor.name + "' begins at an unaligned offset"};
    }
    if (tensor.offset > data || tensor.bytes > data - tensor.offset) {
      throw BadHeader{"tensor '" + tensor.name + "' lies beyond the end (truncated, or the header lies about sizes)"};
    }
    header.parameters += tensor.elements;
    header.tensor_bytes += tensor.bytes;
  }
  header.name = metadata.texts["general.name"];
  header.type = metadata.texts["general.type"];
  const auto file_type = metadata.numbers.find("general.file_type");
  header.quantization = file_type == metadata.numbers.end() ? "mixed" : file_type_name(file_type->second);
  const auto context = metadata.numbers.find(header.architecture + ".context_length");
  if (context != metadata.numbers.end()) {
    header.context_length = context->second;
  }
  return header;
}

/// A message may name what is in the file, of any length and bytes.
std::string presentable(std::string message) {
  constexpr std::size_t kMost = 240;
  constexpr std::size_t kEnd = 80;
  if (message.size() > kMost) message.replace(kMost - kEnd, message.size() - kMost, " … ");
  return repaired_utf8(on_one_line(std::move(message)));
}

}  // namespace

Result<GgufHeader> parse_gguf_header(std::istream& in, std::uint64_t size, const std::string& where) {
  try {
    return parse(in, size);
  } catch (const BadHeader& bad) {
    return usage_error("model file '" + where + "' " + presentable(bad.message));
  }
}

Result<GgufHeader> read_gguf_header(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    return usage_error("model file '" + path + "' does not exist");
  }
  if (std::filesystem::is_directory(status)) {
    return usage_error("model file '" + path + "' is a directory: name the .gguf file in it");
  }
  const auto size = std::filesystem::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  if (error || !in) {
    return usage_error("model file '" + path + "' cannot be read");
  }
  return parse_gguf_header(in, size, path);
}

}  // namespace assay::llama
