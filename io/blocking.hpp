#pragma once

#include <string>

#include "base/base.hpp"

/// For programs and tests, before or beside any reactor: plain blocking calls. Never on a reactor's
/// thread.
namespace sluice::io::blocking {

result<std::string> read_file(const std::string& path, std::uint64_t bytes_max);
/// New file, fsync, rename, fsync of the folder.
result<void> write_file(const std::string& path, std::string_view bytes,
                        unsigned permissions = 0640);
result<void> make_folders(const std::string& path, unsigned permissions = 0750);
/// rename(2): replaces `to`; `not_found` when `from` is missing.
result<void> rename_file(const std::string& from, const std::string& to);
bool exists(const std::string& path);

}  // namespace sluice::io::blocking
