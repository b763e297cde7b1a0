#include "io/ingest.hpp"

namespace sluice::io {

task<result<void>> egress(const file& from, std::uint64_t offset, std::uint64_t length,
                          byte_stream& to, std::chrono::nanoseconds stall) {
  return to.send_file(from, offset, length, stall);
}

}  // namespace sluice::io
