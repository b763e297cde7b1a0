#pragma once

#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>

#include "io/file.hpp"

namespace sluice::io {

/// One of several small files that are read, written or renamed whole, one after another on one
/// thread: where a way through the ring for each open, read and close costs more than the bytes.
struct bundled_file {
  std::string path;              ///< beneath the folder
  std::string to{};              ///< of a rename
  std::span<std::byte> bytes{};  ///< what is to be written; what was read. Before a read: room of
                                 ///< its own (`bundled_size`), or none
  file_facts before{};           ///< as it is, or, of a read, when it was opened ...
  file_facts after{};            ///< ... and when it had been read
  bool left_out = false;  ///< of a read: it has no room; `before` is known if no room would do
  std::optional<error> failed{};
  std::int64_t result = 0;  ///< the backend's: a negated errno, or not
};

/// Memory for the files of bundles, where each may begin at a multiple of 4096. Not set to zero.
class bundle_memory {
public:
  bundle_memory() = default;
  explicit bundle_memory(std::size_t size)
      : bytes_(static_cast<std::byte*>(::operator new(size, alignment))), size_(size) {}
  [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {bytes_.get(), size_}; }

private:
  static constexpr std::align_val_t alignment{4096};
  struct release {
    void operator()(std::byte* memory) const noexcept { ::operator delete(memory, alignment); }
  };
  std::unique_ptr<std::byte, release> bytes_;
  std::size_t size_ = 0;
};
/// What a file of that size takes of it.
[[nodiscard]] constexpr std::size_t bundled_size(std::uint64_t file_size) noexcept {
  constexpr std::uint64_t block = 4096;
  return (file_size == 0 ? 1 : (file_size + block - 1) / block) * block;
}

/// A write only reads it.
[[nodiscard]] inline std::span<std::byte> writable(std::span<const std::byte> bytes) noexcept {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

namespace detail {

/// Carries out an operation of a bundle at once, and returns its result.
using immediate_call = std::function<std::int64_t(operation& asked)>;

/// A bundle is a sequence of other operations, whatever the backend.
void carry_out(operation& bundle, const immediate_call& call);

}  // namespace detail

}  // namespace sluice::io
