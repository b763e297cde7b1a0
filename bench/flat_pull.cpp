// A pull of one file that hashes as the peers do: one flat SHA-256, by OpenSSL, of all bytes in
// their order. Everything else is what a distribution point does: the HTTP client, registered
// buffers, hashing on a worker beside O_DIRECT writes, one sync. It shows what the tree digest is
// worth, which can be computed in any order and many lanes at a time.
//
//   flat_pull HOST:PORT TARGET SIZE FOLDER
//
// TARGET is /file/sha256t/... or any other path of that size; FOLDER gets the file `fetched`.
// Prints JSON: the digest.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "hashing/sha256.hpp"
#include "http/client.hpp"
#include "io/io.hpp"

using namespace sluice;

namespace {

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "flat_pull: %s\n", what.c_str());
  std::exit(1);
}

/// Blocks of one connection are offered in their order, and the semaphore keeps it.
class flat_hash : public io::tap {
public:
  flat_hash(io::reactor& ring, io::worker_pool& workers) : ring_(ring), workers_(workers) {}
  io::task<result<void>> take(std::span<const std::byte> block, std::uint64_t) override {
    co_await turn_.acquire();
    co_await workers_.run(ring_, [this, block] { stream_.update(block); });
    turn_.release();
    co_return result<void>();
  }
  void written(std::uint64_t, const result<void>&) override {}
  model::digest finish() { return stream_.finish(); }

private:
  io::reactor& ring_;
  io::worker_pool& workers_;
  io::semaphore turn_{1};
  hashing::sha256_stream stream_;
};

struct wishes {
  io::endpoint from;
  std::string target;
  std::uint64_t size;
  std::string folder;
};

io::task<result<void>> receive(http::source_client& client, const wishes& given,
                               io::buffer_pool& buffers, io::file& into, flat_hash& hash) {
  io::ingest_request whole;
  whole.length = given.size;
  auto outcome =
      co_await client.fetch_range(given.target, given.size, whole, buffers, into, hash, nullptr);
  if (outcome.failure) { co_return outcome.failure->cause; }
  if (outcome.report.stopped) { co_return *outcome.report.stopped; }
  auto durable = co_await into.sync_all();
  co_return durable;
}

io::task<result<model::digest>> pull(io::reactor& ring, const wishes& given) {
  using outcome = result<model::digest>;
  io::worker_pool workers(1);
  io::buffer_pool buffers(ring, io::make_buffer_budget(limits::buffers_per_process));
  auto folder = co_await io::folder::open(ring, given.folder);
  if (!folder) { co_return outcome(folder.error()); }
  io::open_options options;
  options.access = io::access_mode::write;
  options.create = true;
  options.exclusive = true;
  options.direct = true;
  auto into = co_await folder->open_file("fetched", options);
  if (!into) { co_return outcome(into.error()); }
  auto allocated = co_await into->allocate(given.size);
  if (!allocated) { co_return outcome(allocated.error()); }
  flat_hash hash(ring, workers);
  http::source_client client(ring, {given.from, 1, {}});
  auto received = co_await receive(client, given, buffers, *into, hash);
  co_await client.close();
  co_await into->close();
  if (!received) { co_return outcome(received.error()); }
  co_return outcome(hash.finish());
}

wishes read_arguments(int count, char** arguments) {
  if (count != 5) { fail("usage: flat_pull HOST:PORT TARGET SIZE FOLDER"); }
  auto from = io::endpoint::parse(arguments[1]);
  if (!from) { fail(describe(from.error())); }
  const std::string_view size = arguments[3];
  wishes made{*from, arguments[2], 0, arguments[4]};
  const auto read = std::from_chars(size.data(), size.data() + size.size(), made.size);
  if (read.ec != std::errc() || read.ptr != size.data() + size.size() || made.size == 0) {
    fail("SIZE is a number of bytes");
  }
  return made;
}

}  // namespace

int main(int count, char** arguments) {
  const wishes given = read_arguments(count, arguments);
  auto thread = io::reactor_thread::start("flat_pull");
  if (!thread) { fail(describe(thread.error())); }
  io::reactor& ring = (*thread)->get();
  const auto made = io::block_on<result<model::digest>>(ring, [&] { return pull(ring, given); });
  if (!made) { fail(describe(made.error())); }
  std::printf("{\"sha256\": \"%s\"}\n", made->hex().c_str());
  return 0;
}
