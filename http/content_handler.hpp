#pragma once

#include <functional>
#include <memory>

#include "http/byte_range.hpp"
#include "http/connection.hpp"
#include "http/content_target.hpp"
#include "http/manifest_index_cache.hpp"

namespace sluice::http {

/// Answers the content surface of a distribution point from its library.
/// Lifetime: outlives the connections it answers. Threads: its reactor's.
class content_handler final : public request_handler {
public:
  content_handler(const storage::library_reader& library,
                  std::shared_ptr<const storage::content_catalogue> catalogue, access_policy policy,
                  std::uint64_t index_cache_bytes);
  [[nodiscard]] io::task<result<void>> answer(const request_head& request, const principal& who,
                                              answer_writer& to) override;

  void allow(access_policy policy) noexcept { policy_ = policy; }

private:
  /// One request on its way through the handler; lives in `answer`'s frame.
  struct exchange {
    const request_head& request;
    const principal& who;
    answer_writer& to;
  };
  /// Bytes that can be served in ranges: how they are called, and how they are opened.
  struct served_bytes {
    std::uint64_t size = 0;
    std::string entity_tag;
    std::string_view content_type;
    std::function<io::task<result<io::file>>()> open;
  };
  using answered = io::task<result<void>>;

  [[nodiscard]] answered answer_path(const exchange& with, path_target target);
  [[nodiscard]] answered answer_current(const exchange& with, current_target target);
  [[nodiscard]] answered answer_manifest(const exchange& with, manifest_target_parts target);
  [[nodiscard]] answered answer_file(const exchange& with, file_target_parts target);
  [[nodiscard]] answered list_folder(const exchange& with, const manifest_index& index,
                                     const path_target& target, std::string folder);
  [[nodiscard]] answered serve_bytes(const exchange& with, served_bytes what);
  [[nodiscard]] answered serve_ranges(const exchange& with, const served_bytes& what,
                                      std::vector<byte_range> ranges, io::file& from);
  [[nodiscard]] answered redirect(const exchange& with, int status, std::string location);
  [[nodiscard]] answered complain(const exchange& with, int status, std::string_view why);
  /// The catalogue's entry; nothing when access was refused, which has then been answered.
  struct admission {
    std::optional<storage::catalogue_entry> entry;
    result<void> sent;
  };
  [[nodiscard]] io::task<admission> admit(const exchange& with, model::content_id content);
  [[nodiscard]] answered answer_failure(const exchange& with, error failure);

  const storage::library_reader& library_;
  std::shared_ptr<const storage::content_catalogue> catalogue_;
  access_policy policy_;
  manifest_index_cache indexes_;
};

}  // namespace sluice::http
