#pragma once

#include <map>
#include <memory>
#include <string>

#include "storage/storage.hpp"

namespace sluice::http {

/// A file that is being served. `direct` is open only when reading it past the page cache may pay.
///
/// `take_cold` decides how a request that finds cold bytes reads them: past the page cache, unless
/// the file's bytes were asked for before, within a window: then they belong into the page cache.
struct served_file {
  io::file cached;
  io::file direct;
  std::uint64_t cold_bytes = 0;  ///< asked for in the window that began at `cold_since`
  std::chrono::nanoseconds cold_since{0};
  io::parts_sent parts{};
  std::string answer;  ///< of a small file asked for again: the head it had then, and its bytes

  [[nodiscard]] bool take_cold(std::uint64_t length, std::uint64_t size,
                               std::chrono::nanoseconds now) noexcept;
};

/// Files of the library that were served lately, kept open for the next request, for
/// `limits::open_file_age_max` at most and only until the catalogue changes: what was removed or
/// replaced is not served for longer, nor does it keep its blocks of the disk, asked for or not.
///
/// Bound:     `limits::open_files_max`, and those being sent; each with an answer of up to
///            `limits::remembered_file_bytes_max` and its head.
/// Lifetime:  goes, or `forget_all`, before the reactor ends; closing takes a turn of it.
/// Threads:   its reactor's.
class open_files {
public:
  using shared_file = std::shared_ptr<served_file>;
  open_files(io::reactor& ring, const storage::library_reader& library,
             std::shared_ptr<const storage::content_catalogue> catalogue);
  ~open_files();
  open_files(const open_files&) = delete;
  open_files& operator=(const open_files&) = delete;
  /// One that is open already, or nothing.
  [[nodiscard]] shared_file find(const model::file_id& file);
  /// Opens it when it must; `not_found` when the library lacks it.
  [[nodiscard]] io::task<result<shared_file>> get(model::file_id file);
  void forget_all() noexcept;

private:
  struct entry {
    shared_file file;
    std::chrono::nanoseconds opened;
    std::uint64_t used;
  };
  void look_at_catalogue();
  void sweep();
  void make_room();

  io::reactor& ring_;
  const storage::library_reader& library_;
  std::shared_ptr<const storage::content_catalogue> catalogue_;
  std::map<model::file_id, entry> open_;
  std::uint64_t revision_ = 0;
  std::uint64_t uses_ = 0;
  io::reactor::timer sweeping_;  ///< armed while files are open
};

}  // namespace sluice::http
