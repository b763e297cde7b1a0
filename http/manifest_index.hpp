#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/listing.hpp"
#include "model/model.hpp"

namespace sluice::http {

/// A manifest made ready for look-ups: by path, with links resolved inside it, and by file id.
/// About 56 bytes an entry and its path; immutable once built.
class manifest_index {
public:
  struct file_answer {
    model::file_id file;
    model::entry_kind kind = model::entry_kind::file;
  };
  /// What a path leads to. `none` for what is not there, and for links that end nowhere.
  struct resolution {
    enum class kind : std::uint8_t { none, file, folder };
    kind leads_to = kind::none;
    file_answer file;
    std::string folder;  ///< its path, all links followed
  };
  [[nodiscard]] resolution resolve(std::string_view path) const;
  /// Whether a file of this id belongs to the content.
  [[nodiscard]] bool has(const model::file_id& file) const noexcept;
  /// The names in a folder that come after `after`, at most `entries_max` of them.
  struct page {
    std::vector<listed_entry> entries;
    std::string next;  ///< "" when the folder ends with this page
  };
  [[nodiscard]] page list(std::string_view folder, std::string_view after,
                          std::size_t entries_max) const;
  [[nodiscard]] std::size_t bytes() const noexcept;

private:
  friend class manifest_index_builder;
  struct entry {
    std::uint32_t path_begin = 0;
    std::uint16_t path_length = 0;
    model::entry_kind kind = model::entry_kind::file;
    model::digest digest;
    std::uint64_t size = 0;  // of a link: the length of its target, which follows its path
  };
  [[nodiscard]] std::string_view path_of(const entry& one) const noexcept;
  [[nodiscard]] std::string_view link_target_of(const entry& one) const noexcept;
  [[nodiscard]] std::size_t lower_bound(std::string_view path) const noexcept;
  [[nodiscard]] const entry* find(std::string_view path) const noexcept;
  [[nodiscard]] bool is_folder(std::string_view path) const;
  [[nodiscard]] std::size_t slot_of(const model::file_id& file) const noexcept;
  [[nodiscard]] listed_entry listed(const entry& one, std::string_view name) const;

  std::string texts_;
  std::vector<entry> entries_;          // sorted by path, as the manifest is
  std::vector<std::uint32_t> by_file_;  // open addressing; entry number + 1, 0 is empty
};

/// Takes a manifest's entries in their order.
class manifest_index_builder {
public:
  /// `manifest_size` bounds the memory the texts may need.
  manifest_index_builder(const model::manifest_header& header, model::byte_count manifest_size);
  /// Fails with `corrupt` when there are more entries or longer paths than the header promised.
  result<void> add(const model::manifest_entry& given);
  [[nodiscard]] manifest_index finish();

private:
  manifest_index made_;
  std::uint32_t entries_max_;
};

}  // namespace sluice::http
