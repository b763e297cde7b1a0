#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace sluice::hashing {

/// How leaves are hashed; all give the same digests.
enum class kernel { portable, shani, avx2, avx512 };

std::string_view name_of(kernel which) noexcept;
std::optional<kernel> kernel_named(std::string_view name) noexcept;
/// Those this processor can run, slowest first; never empty.
std::vector<kernel> available_kernels();
/// The one in use: the fastest measured or known for this processor, unless forced.
kernel kernel_in_use() noexcept;
/// For tests and SLUICE_HASH_KERNEL: false when this processor cannot run it. Any thread, takes
/// effect for calls that start afterwards. `nullopt` goes back to the automatic choice.
bool force(std::optional<kernel> which) noexcept;

}  // namespace sluice::hashing
