#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/base.hpp"

namespace sluice {

/// A folder of its own under TMPDIR; gone with this.
class temporary_folder {
public:
  temporary_folder() {
    const char* parent = std::getenv("TMPDIR");
    path_ = format("{}/sluice-test-XXXXXX", parent != nullptr ? parent : "/tmp");
    SLUICE_CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string operator/(std::string_view below) const {
    return format("{}/{}", path_, below);
  }

private:
  std::string path_;
};

}  // namespace sluice
