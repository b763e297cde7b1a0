#pragma once

#include "storage/content_validation.hpp"
#include "storage/library_state.hpp"

namespace sluice::storage {

/// A distinct file of the manifest, and the byte offset of a line that names it.
struct listed_file {
  model::file_id file;
  std::uint32_t line = 0;
};

/// A file of > 1 MiB while its pieces are read; the last piece that lands concludes it.
struct large_check {
  listed_file listed;
  io::file from{};
  hashing::piece_layer layer{};     ///< what is right; empty when it is missing or damaged
  hashing::piece_layer measured{};  ///< then: what was read
  piece_set wrong;
  piece_set unreadable;
  std::uint64_t next = 0;         ///< the piece to be read next
  std::uint64_t landed = 0;       ///< how many are done
  std::optional<error> failed{};  ///< of the first unreadable piece
};

/// A validation under way. What its sources share; the reactor's thread only.
struct validation_run {
  library_state& library;
  validation_request request;
  validation_hooks hooks;

  std::vector<listed_file> files{};  ///< those > 1 MiB first
  std::size_t next = 0;
  std::shared_ptr<large_check> large{};  ///< has pieces that were not begun

  validation_report report{};
  std::vector<std::uint32_t> lines{};  ///< of the findings; their paths are looked up at the end
  std::uint32_t blocks = 0;            ///< in flight
  io::event landed{};
  std::chrono::nanoseconds due{};   ///< when the next block may begin
  std::chrono::nanoseconds told{};  ///< when progress was
};

/// The manifest against its record; what it names, each file once. False: there is nothing to
/// check, a finding says why. validation_list.cpp
io::task<bool> list_files(validation_run& run);
/// Gives the findings their paths. validation_list.cpp
io::task<void> name_findings(validation_run& run);

/// Counts it, and keeps it while there is room. content_validation.cpp
void add_finding(validation_run& run, const listed_file& listed, validation_finding found);
/// So much of the total is done. content_validation.cpp
void count_done(validation_run& run, std::uint64_t files, std::uint64_t bytes);

/// Half of the time that `bytes` may take now: 0 unless the validation is held back.
/// content_validation.cpp
std::chrono::nanoseconds pause_after(const validation_run& run, std::uint64_t bytes);
/// The turn at the disk that the validation's priority gives. content_validation.cpp
io::turn_at_disk turn_of(const validation_run& run);

/// Opens the next file and reads its piece layer; nothing when there is a finding instead.
/// validation_pieces.cpp
io::task<std::shared_ptr<large_check>> open_large(validation_run& run, listed_file listed);
/// Reads one piece and compares it; the last one concludes. validation_pieces.cpp
io::task<void> check_piece(validation_run& run, std::shared_ptr<large_check> file,
                           std::uint64_t piece);

/// How many of the files from `first` on fit into one buffer, at least one. validation_small.cpp
std::size_t fitting(const std::vector<listed_file>& files, std::size_t first);
/// Reads these files of <= 1 MiB into one buffer and compares them. validation_small.cpp
io::task<void> check_small(validation_run& run, std::size_t first, std::size_t count);

}  // namespace sluice::storage
