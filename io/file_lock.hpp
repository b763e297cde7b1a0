#pragma once

#include <string>

#include "base/base.hpp"

namespace sluice::io {

/// A file that one process at a time holds (flock(2)); free again when dropped or when the process
/// ends, however it ends. The file stays.
class file_lock {
public:
  /// `conflict` at once when another process holds it.
  static result<file_lock> take(const std::string& path);
  file_lock(file_lock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  file_lock& operator=(file_lock&&) = delete;
  ~file_lock();

private:
  explicit file_lock(int descriptor) noexcept : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace sluice::io
