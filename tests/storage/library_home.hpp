#pragma once

#include <doctest/doctest.h>

#include <array>
#include <fstream>
#include <map>

#include "storage/storage.hpp"
#include "tests/temporary_folder.hpp"

namespace sluice::storage {

using file_bytes = std::vector<std::byte>;

/// Repeats with period 251, so that no two pieces are alike.
inline file_bytes patterned(std::size_t size, unsigned seed = 0) {
  file_bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) { bytes[i] = static_cast<std::byte>((i + seed) % 251); }
  return bytes;
}

inline file_bytes bytes_of(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

/// A content that a site might distribute: manifest, signature and files.
struct made_content {
  model::content_id content;
  std::string manifest;
  std::string signature;
  model::digest hash;
  std::map<model::file_id, file_bytes> files;
  std::map<model::file_id, hashing::piece_layer> layers;
};

namespace detail {
template <typename Task>
struct outcome_of;
template <typename T>
struct outcome_of<io::task<T>> {
  using type = T;
};
}  // namespace detail

/// A library on a real disk, and the threads it needs.
class library_home {
public:
  library_home() {
    auto started = io::reactor_thread::start("library");
    REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : describe(started.error())));
    thread_ = std::move(*started);
    block([this] { return make_buffers(); });
    key_ = std::make_unique<hashing::signing_key>(seed_);
    open();
  }
  ~library_home() {
    close();
    block([this] { return drop_buffers(); });
  }
  library_home(const library_home&) = delete;
  library_home& operator=(const library_home&) = delete;

  void open(std::vector<model::file_id> keep = {}) {
    catalogue = std::make_shared<content_catalogue>();
    auto opened = block([&] {
      return content_library::open(ring(), workers_, *buffers_, catalogue, settings(), keep);
    });
    REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? "" : describe(opened.error())));
    library_ = std::move(*opened);
  }
  void close() {
    if (!library_) { return; }
    block([this] { return library_->close(); });
    block([this] { return drop(library_); });
  }
  void reopen(std::vector<model::file_id> keep = {}) {
    close();
    open(std::move(keep));
  }

  template <typename Make>
  typename detail::outcome_of<std::invoke_result_t<Make>>::type block(Make make) {
    using outcome = typename detail::outcome_of<std::invoke_result_t<Make>>::type;
    return io::block_on<outcome>(ring(), std::function<io::task<outcome>()>(make));
  }
  /// Ends a handle on the reactor's thread.
  template <typename T>
  void let_go(std::unique_ptr<T>& owned) {
    block([&] { return drop(owned); });
  }

  [[nodiscard]] content_library& library() { return *library_; }
  [[nodiscard]] io::reactor& ring() { return thread_->get(); }
  [[nodiscard]] io::worker_pool& workers() { return workers_; }
  [[nodiscard]] io::buffer_pool& buffers() { return *buffers_; }
  [[nodiscard]] const hashing::signing_key& key() const { return *key_; }
  [[nodiscard]] std::string path(std::string_view below) const {
    return folder_ / format("library/{}", below);
  }
  [[nodiscard]] std::string inventory_path() const { return folder_ / "inventory.db"; }
  [[nodiscard]] const temporary_folder& folder() const { return folder_; }
  [[nodiscard]] bool has(const std::string& below) const {
    return std::filesystem::exists(path(below));
  }

  std::shared_ptr<content_catalogue> catalogue;

private:
  content_library::settings settings() {
    return {folder_ / "library", {key_->verifier()}, inventory_path()};
  }
  io::task<void> make_buffers() {
    buffers_ = std::make_unique<io::buffer_pool>(ring(), io::make_buffer_budget(32));
    co_return;
  }
  io::task<void> drop_buffers() {
    buffers_.reset();
    co_return;
  }
  template <typename T>
  static io::task<void> drop(std::unique_ptr<T>& owned) {
    owned.reset();
    co_return;
  }

  temporary_folder folder_;
  std::unique_ptr<io::reactor_thread> thread_;
  io::worker_pool workers_{2};
  std::unique_ptr<io::buffer_pool> buffers_;
  static constexpr std::array<std::byte, 32> seed_{std::byte{1}};
  std::unique_ptr<hashing::signing_key> key_;
  std::unique_ptr<content_library> library_;
};

inline std::string read_text(const std::string& path) {
  std::ifstream from(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(from), {}};
}

inline void write_text(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::size_t entries_in(const std::string& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    count += entry.is_regular_file() ? 1 : 0;
  }
  return count;
}

/// Files by path; the manifest is signed with the home's key.
made_content make_content(const library_home& home, std::string_view name,
                          const std::map<std::string, file_bytes>& files);
/// Puts the manifest into staging and has it verified.
result<content_facts> give_manifest(library_home& home, const made_content& made);
/// Writes pieces as an ingest would: hashed and written side by side. Returns what was refused.
std::vector<std::uint64_t> feed(library_home& home, staging_file& staged, const file_bytes& bytes,
                                std::uint64_t first, std::uint64_t count);
/// What a job does: all that is missing is fetched and committed, then the content.
result<void> install(library_home& home, const made_content& made, library_user user,
                     bool redistribute = false);
/// The bytes of a committed file, through a `library_reader`.
result<file_bytes> read_committed(library_home& home, const model::file_id& file);

}  // namespace sluice::storage
