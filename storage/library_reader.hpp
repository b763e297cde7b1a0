#pragma once

#include <memory>

#include "io/io.hpp"
#include "storage/library_layout.hpp"

namespace sluice::storage {

/// Reads committed bytes of a library for serving; one per serving reactor. Never sees staging.
/// Files are opened buffered and read only; `not_found` when they are not there.
/// Lifetime: uses `ring` until closed. Threads: its reactor's.
class library_reader {
public:
  static io::task<result<std::unique_ptr<library_reader>>> open(io::reactor& ring,
                                                                std::string root);
  /// `direct`: past the page cache, where the file system can.
  [[nodiscard]] io::task<result<io::file>> open_file(model::file_id file,
                                                     bool direct = false) const;
  [[nodiscard]] io::task<result<io::file>> open_manifest(model::content_id content) const;
  [[nodiscard]] io::task<result<io::file>> open_signature(model::content_id content) const;
  [[nodiscard]] io::task<result<io::file>> open_piece_layer(model::file_id file) const;
  [[nodiscard]] io::task<void> close();

private:
  explicit library_reader(io::folder root) : root_(std::move(root)) {}
  io::folder root_;
};

}  // namespace sluice::storage
