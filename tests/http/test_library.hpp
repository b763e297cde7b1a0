#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "storage/storage.hpp"
#include "tests/temporary_folder.hpp"

namespace sluice::http::test {

/// Bytes that repeat with period 251, beginning elsewhere for each `seed`.
inline std::string patterned(std::size_t size, unsigned seed) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) { bytes[i] = static_cast<char>((i + seed * 7) % 251); }
  return bytes;
}

/// A committed content on disk, as a distribution point serves it.
class test_library {
public:
  test_library() : catalogue(std::make_shared<storage::content_catalogue>()) {}

  model::file_id add(const std::string& path, std::string bytes,
                     model::entry_kind kind = model::entry_kind::file) {
    const auto measured = hashing::measure(std::as_bytes(std::span(bytes)));
    entries_.push_back({kind, path, measured.id, {}});
    if (!bytes.empty()) {
      write(storage::file_path(measured.id), bytes);
      if (!measured.pieces.empty()) {
        const auto layer = hashing::print_piece_layer(measured.pieces);
        layers[measured.id] = {reinterpret_cast<const char*>(layer.data()), layer.size()};
        write(storage::piece_layer_path(measured.id), layers[measured.id]);
      }
    }
    files[path] = std::move(bytes);
    return measured.id;
  }
  void add_link(const std::string& path, const std::string& target) {
    entries_.push_back({model::entry_kind::link, path, {}, target});
  }
  void add_folder(const std::string& path) {
    entries_.push_back({model::entry_kind::folder, path, {}, {}});
  }
  /// Writes the manifest of what was added, and lists it in the catalogue.
  void commit(const std::string& content_text,
              storage::library_user user = storage::library_user::distribution_point) {
    content = *model::content_id::parse(content_text);
    std::sort(entries_.begin(), entries_.end(),
              [](const auto& left, const auto& right) { return left.path < right.path; });
    model::manifest whole{{content, static_cast<std::uint32_t>(entries_.size()), 0, {}}, entries_};
    std::uint64_t bytes = 0;
    for (const auto& entry : entries_) {
      if (!entry.is_file()) { continue; }
      ++whole.header.files;
      bytes += model::raw(entry.file.size);
    }
    whole.header.bytes = model::byte_count{bytes};
    manifest = model::print_manifest(whole);
    write(storage::manifest_path(content), manifest);
    write(storage::signature_path(content), "the site's word\n");
    catalogue->put({content, static_cast<std::uint8_t>(user),
                    hashing::sha256(std::as_bytes(std::span(manifest))),
                    model::byte_count{manifest.size()}, whole.header.bytes, whole.header.files});
  }
  void write(const std::string& path, const std::string& bytes) const {
    const std::filesystem::path full = std::filesystem::path(root()) / path;
    REQUIRE(io::blocking::make_folders(full.parent_path().string()).ok());
    REQUIRE(io::blocking::write_file(full.string(), bytes, 0644).ok());
  }
  [[nodiscard]] const std::string& root() const { return folder_.path(); }

  std::shared_ptr<storage::content_catalogue> catalogue;
  model::content_id content;
  std::string manifest;
  std::map<std::string, std::string> files;
  std::map<model::file_id, std::string> layers;

private:
  temporary_folder folder_;
  std::vector<model::manifest_entry> entries_;
};

}  // namespace sluice::http::test
