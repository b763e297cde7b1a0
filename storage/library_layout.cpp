#include "storage/library_layout.hpp"

#include <charconv>

namespace sluice::storage {

std::string file_folder(const model::file_id& file) {
  return format("{}/{}", files_folder, file.digest.hex().substr(0, 2));
}

std::string file_path(const model::file_id& file) {
  return format("{}/{}", file_folder(file), file.text());
}

std::string piece_layer_path(const model::file_id& file) { return file_path(file) + ".pieces"; }

std::string manifest_path(const model::content_id& id) {
  return format("{}/{}", data_folder, id.text());
}

std::string signature_path(const model::content_id& id) { return manifest_path(id) + ".sig"; }

std::string package_path(const model::package_id& id) {
  return format("{}/{}", package_folder, id.text());
}

std::string staging_path(const model::file_id& file, std::uint32_t attempt) {
  return format("{}/{}.{}", staging_folder, file.text(), attempt);
}

std::string staging_manifest_path(const model::content_id& id) {
  return format("{}/{}", staging_folder, id.text());
}

std::string staging_signature_path(const model::content_id& id) {
  return staging_manifest_path(id) + ".sig";
}

result<staged_name> parse_staged_name(std::string_view name) {
  const auto wrong = [&] {
    return error{errc::invalid, 0, format("read '{}' as a staged file's name", escaped(name))};
  };
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) { return wrong(); }
  const std::string_view number = name.substr(dot + 1);
  staged_name found;
  const auto [end, failed] =
      std::from_chars(number.data(), number.data() + number.size(), found.attempt);
  const bool whole = failed == std::errc{} && end == number.data() + number.size();
  if (!whole || found.attempt == 0 || number.front() == '0') { return wrong(); }
  auto file = model::file_id::parse(name.substr(0, dot));
  if (!file) { return wrong(); }
  found.file = *file;
  return found;
}

}  // namespace sluice::storage
