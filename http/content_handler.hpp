#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "http/byte_range.hpp"
#include "http/connection.hpp"
#include "http/content_target.hpp"
#include "http/manifest_index_cache.hpp"
#include "http/open_files.hpp"

namespace sluice::http {

/// Answers the content surface of a distribution point from its library.
/// Lifetime: outlives the connections it answers. Threads: its reactor's.
class content_handler final : public request_handler {
public:
  /// Without `buffers` cold bytes are always read into the page cache.
  content_handler(io::reactor& ring, const storage::library_reader& library,
                  std::shared_ptr<const storage::content_catalogue> catalogue, access_policy policy,
                  std::uint64_t index_cache_bytes, io::buffer_pool* buffers,
                  std::uint32_t cold_readers_max);
  [[nodiscard]] io::task<result<void>> answer(const request_head& request, const principal& who,
                                              answer_writer& to) override;
  [[nodiscard]] std::shared_ptr<const ready_answer> find_ready(std::string_view head,
                                                               const principal& who) override;
  [[nodiscard]] io::task<result<void>> give(std::shared_ptr<const ready_answer> answer,
                                            answer_writer& to) override;
  void forget_files() noexcept { files_.forget_all(); }  ///< before the reactor ends

  void allow(access_policy policy) noexcept { policy_ = policy; }
  /// While `flag` is true clients are answered 503: under maintenance (A9). Distribution points are
  /// not: the site tells them to leave, and to come back.
  void withhold_while(std::shared_ptr<const std::atomic<bool>> flag) noexcept {
    withheld_ = std::move(flag);
  }

private:
  /// One request on its way through the handler; lives in `answer`'s frame.
  struct exchange {
    const request_head& request;
    const principal& who;
    answer_writer& to;
    std::uint64_t revision;  ///< of the catalogue, when the request was taken up
  };
  /// Bytes that can be served in ranges: what they are, and how they are called.
  struct served_bytes {
    enum class kind : std::uint8_t { file, piece_layer, manifest, signature };
    kind of = kind::file;
    model::content_id content;
    model::file_id file;  ///< of a file and of a piece layer
    std::uint64_t size = 0;
    std::string entity_tag;
    std::string_view content_type;
  };
  using answered = io::task<result<void>>;

  [[nodiscard]] bool is_withheld() const noexcept { return withheld_ && withheld_->load(); }
  [[nodiscard]] answered answer_path(const exchange& with, path_target target);
  [[nodiscard]] answered answer_current(const exchange& with, current_target target);
  [[nodiscard]] answered answer_manifest(const exchange& with, manifest_target_parts target);
  [[nodiscard]] answered answer_file(const exchange& with, file_target_parts target);
  [[nodiscard]] answered list_folder(const exchange& with, const manifest_index& index,
                                     const path_target& target, std::string folder);
  [[nodiscard]] io::task<result<open_files::shared_file>> open(const served_bytes& what);
  [[nodiscard]] answered serve_bytes(const exchange& with, served_bytes what);
  /// A whole file that was asked for without conditions: its answer is kept for the next time.
  [[nodiscard]] answered serve_whole(const exchange& with, const served_bytes& what,
                                     answer_head head, served_file& from);
  [[nodiscard]] answered serve_ranges(const exchange& with, const served_bytes& what,
                                      std::vector<byte_range> ranges, served_file& from);
  [[nodiscard]] static io::task<void> remember(served_file& from, std::string_view head,
                                               std::uint64_t size);
  [[nodiscard]] answered send_part(answer_writer& to, served_file& from, std::uint64_t size,
                                   byte_range part);
  [[nodiscard]] answered redirect(const exchange& with, int status, std::string location);
  [[nodiscard]] answered complain(const exchange& with, int status, std::string_view why);
  /// The catalogue's entry; nothing when access was refused, which has then been answered.
  struct admission {
    std::optional<storage::catalogue_entry> entry;
    result<void> sent;
  };
  [[nodiscard]] io::task<admission> admit(const exchange& with, model::content_id content);
  [[nodiscard]] answered answer_failure(const exchange& with, error failure);
  /// A request whose bytes could not be had: 404 or 500, and a line in the log.
  struct failed_request {
    std::string of;  ///< its target, or the file
    bool keep_alive = true;
    bool with_body = true;
  };
  [[nodiscard]] answered tell_failure(answer_writer& to, failed_request what, error failure);

  const storage::library_reader& library_;
  std::shared_ptr<const storage::content_catalogue> catalogue_;
  access_policy policy_;
  std::shared_ptr<const std::atomic<bool>> withheld_;
  manifest_index_cache indexes_;
  open_files files_;
  answer_cache ready_;
  io::reactor& ring_;
  std::optional<io::cold_budget> cold_;
};

}  // namespace sluice::http
