#include "apps/node_keys.hpp"

#include "io/io.hpp"

namespace sluice::apps {

namespace {

constexpr std::string_view first_line = "sluice-key 1\n";
constexpr std::uint64_t key_file_bytes_max = 256;

result<key_seed> parse_key(std::string_view text, const std::string& path) {
  key_seed seed;
  if (text.starts_with(first_line) && text.ends_with('\n')) {
    text.remove_prefix(first_line.size());
    text.remove_suffix(text.empty() ? 0 : 1);
    if (from_hex(text, seed)) { return seed; }
  }
  return error{errc::corrupt, 0,
               format("read the key {}; restore it from a backup", escaped(path))};
}

}  // namespace

result<key_seed> load_or_make_key(const std::string& path, const std::string& used_by,
                                  const random_source& random) {
  if (io::blocking::exists(path)) {
    const auto text = io::blocking::read_file(path, key_file_bytes_max);
    if (!text) { return text.error(); }
    return parse_key(*text, path);
  }
  if (io::blocking::exists(used_by)) {
    return error{errc::corrupt, 0,
                 format("find the key {} that belongs to {}; restore it from a backup",
                        escaped(path), escaped(used_by))};
  }
  key_seed seed;
  for (std::size_t i = 0; i < seed.size(); i += sizeof(std::uint64_t)) {
    const std::uint64_t word = random();
    for (std::size_t j = 0; j < sizeof word; ++j) {
      seed[i + j] = static_cast<std::byte>(word >> (8 * j));
    }
  }
  const auto written =
      io::blocking::write_file(path, format("{}{}\n", first_line, to_hex(seed)), 0600);
  if (!written) { return written.error(); }
  return seed;
}

}  // namespace sluice::apps
