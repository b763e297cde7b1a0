// Fetches from an HTTP/1.1 server on loopback and throws every body away inside the kernel
// (MSG_TRUNC), so that a bench of a server measures the server. One thread, no dependency.
//
//   discard_client --address 127.0.0.1:8600 --paths FILE --connections 16
//                  (--seconds 3 | --walks 1) [--spread] [--slow 10] [--settle 0.1]
//
// Each connection is kept alive and asks for the paths of FILE (one per line), one after another:
// for some seconds, or each path so many times. With --spread each connection begins at another
// path. With --slow so many further connections ask for the first path and take 1 Mb/s of it; they
// are not counted. With --settle the times of what is asked for in the first so many seconds are
// not among the percentiles. Every answer must be a 200 with a Content-Length and exactly so many
// bytes. Prints JSON.
#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using bench_clock = std::chrono::steady_clock;

// A small answer arrives in one call; of a large one no more than this is ever copied.
constexpr std::size_t head_bytes_max = 8 * 1024;
constexpr std::size_t discard_bytes_max = std::size_t{1} << 30;
constexpr double slow_bytes_per_second = 125'000;  // 1 Mb/s
constexpr int slow_interval_ms = 20;
constexpr int slow_room = 64 * 1024;  // or all they ever take would be sent at the beginning

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "discard_client: %s\n", what.c_str());
  std::exit(1);
}

struct wishes {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::vector<std::string> paths;
  std::size_t connections = 1;
  double seconds = 0;
  double settle = 0;
  std::size_t walks = 0;
  bool spread = false;
  std::size_t slow = 0;
};

/// One kept-alive connection: its request on the way out, its answer on the way in.
struct connection {
  int descriptor = -1;
  std::string request;
  std::size_t at = 0;    // which path
  std::size_t left = 0;  // how many requests still; without end when the time decides
  std::string head;
  bool in_body = false;
  std::uint64_t body_left = 0;
  bench_clock::time_point asked;
};

struct totals {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
  std::uint64_t slow_bytes = 0;
  std::vector<float> latencies;  // seconds
};

/// `room`: of the receive buffer, in bytes; 0: as the system likes.
int connect_to(const std::string& host, std::uint16_t port, int room = 0) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (room > 0) { setsockopt(made, SOL_SOCKET, SO_RCVBUF, &room, sizeof room); }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) { fail("bad --address"); }
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(made, generic, sizeof address) != 0) { fail("cannot connect"); }
  const int yes = 1;
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return made;
}

std::string request_for(const wishes& given, const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: " + given.host + ":" + std::to_string(given.port) +
         "\r\n\r\n";
}

/// Clients on bad links: each takes a little of one large answer, again and again.
class slow_clients {
public:
  explicit slow_clients(const wishes& given) {
    const std::string request = request_for(given, given.paths.front());
    for (std::size_t i = 0; i < given.slow; ++i) {
      all_.push_back(connect_to(given.host, given.port, slow_room));
      if (::send(all_.back(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
        fail("a slow client could not ask");
      }
    }
  }
  slow_clients(const slow_clients&) = delete;
  slow_clients& operator=(const slow_clients&) = delete;
  ~slow_clients() {
    for (const int one : all_) { ::close(one); }
  }
  [[nodiscard]] bool none() const noexcept { return all_.empty(); }

  /// What each may have by now. Returns how many bytes that was for all of them.
  std::uint64_t take() {
    const auto now = bench_clock::now();
    const double seconds = std::chrono::duration<double>(now - taken_).count();
    if (seconds * 1000 < slow_interval_ms) { return 0; }
    taken_ = now;
    std::uint64_t bytes = 0;
    for (const int one : all_) {
      const auto got =
          ::recv(one, nullptr, static_cast<std::size_t>(slow_bytes_per_second * seconds),
                 MSG_TRUNC | MSG_DONTWAIT);
      if (got == 0) { fail("a slow client's answer ended: the first path must be a large file"); }
      if (got > 0) { bytes += static_cast<std::uint64_t>(got); }
    }
    return bytes;
  }

private:
  std::vector<int> all_;
  bench_clock::time_point taken_ = bench_clock::now();
};

std::uint64_t content_length_of(std::string head) {
  if (!head.starts_with("HTTP/1.1 200 ")) { fail("not a 200: " + head.substr(0, head.find('\r'))); }
  std::ranges::transform(head, head.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  constexpr std::string_view field = "\r\ncontent-length:";
  auto at = head.find(field);
  if (at == std::string::npos) { fail("an answer without Content-Length"); }
  at = head.find_first_not_of(' ', at + field.size());
  std::uint64_t length = 0;
  const auto read = std::from_chars(head.data() + at, head.data() + head.size(), length);
  if (read.ec != std::errc{}) { fail("a Content-Length that is no number"); }
  return length;
}

class client {
public:
  explicit client(const wishes& given)
      : given_(given), poll_(epoll_create1(EPOLL_CLOEXEC)), slow_(given) {
    all_.resize(given.connections);
    for (std::size_t i = 0; i < all_.size(); ++i) {
      all_[i].at = given.spread ? i * given.paths.size() / all_.size() : 0;
      all_[i].left = given.walks == 0 ? SIZE_MAX : given.walks * given.paths.size();
      open(i);
    }
  }
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client() {
    for (const connection& one : all_) { ::close(one.descriptor); }
    ::close(poll_);
  }

  /// Until the time is over, or until every connection has all it asks for.
  totals run() {
    const auto end = bench_clock::now() + std::chrono::duration<double>(given_.seconds);
    settled_ = bench_clock::now() + std::chrono::duration_cast<bench_clock::duration>(
                                        std::chrono::duration<double>(given_.settle));
    working_ = all_.size();
    for (connection& one : all_) { ask(one); }
    std::array<epoll_event, 128> events;
    while (working_ > 0) {
      const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()),
                                   slow_.none() ? 1000 : slow_interval_ms);
      if (count < 0 && errno != EINTR) { fail("epoll_wait failed"); }
      for (int i = 0; i < count; ++i) {
        advance(all_[events.at(static_cast<unsigned>(i)).data.u64]);
      }
      if (!slow_.none()) { made_.slow_bytes += slow_.take(); }
      if (given_.walks == 0 && bench_clock::now() >= end) { break; }
    }
    return std::move(made_);
  }

private:
  void open(std::size_t index) {
    connection& one = all_[index];
    one.descriptor = connect_to(given_.host, given_.port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    if (epoll_ctl(poll_, EPOLL_CTL_ADD, one.descriptor, &event) != 0) { fail("epoll_ctl failed"); }
  }

  /// A request is far smaller than an empty send buffer: it is sent whole or something is wrong.
  void ask(connection& one) {
    one.request = request_for(given_, given_.paths[one.at]);
    one.at = (one.at + 1) % given_.paths.size();
    one.head.clear();
    one.in_body = false;
    one.asked = bench_clock::now();
    const auto sent = ::send(one.descriptor, one.request.data(), one.request.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(one.request.size())) { fail("a request could not be sent"); }
  }

  /// Takes what is there. Loops only while the answer is not complete and more is waiting.
  void advance(connection& one) {
    if (one.left == 0) { return; }
    if (!one.in_body && !receive_head(one)) { return; }
    while (one.body_left > 0) {
      const auto wanted = std::min<std::uint64_t>(one.body_left, discard_bytes_max);
      const auto got = ::recv(one.descriptor, nullptr, wanted, MSG_TRUNC | MSG_DONTWAIT);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) { return; }
      if (got <= 0) { fail("the connection ended inside a body"); }
      one.body_left -= static_cast<std::uint64_t>(got);
      made_.bytes += static_cast<std::uint64_t>(got);
      if (static_cast<std::uint64_t>(got) < wanted) { return; }  // nothing more waits
    }
    finish(one);
  }

  bool receive_head(connection& one) {
    std::array<char, head_bytes_max> buffer;
    const auto got = ::recv(one.descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) { return false; }
    if (got <= 0) { fail("the connection ended before an answer"); }
    one.head.append(buffer.data(), static_cast<std::size_t>(got));
    const auto end = one.head.find("\r\n\r\n");
    if (end == std::string::npos) {
      if (one.head.size() > head_bytes_max) { fail("an answer's head is too long"); }
      return false;
    }
    const std::uint64_t length = content_length_of(one.head.substr(0, end));
    const std::uint64_t here = one.head.size() - end - 4;
    if (here > length) { fail("more bytes than Content-Length said"); }
    one.in_body = true;
    one.body_left = length - here;
    made_.bytes += here;
    return true;
  }

  void finish(connection& one) {
    ++made_.requests;
    if (one.asked >= settled_) {
      made_.latencies.push_back(
          std::chrono::duration<float>(bench_clock::now() - one.asked).count());
    }
    if (--one.left > 0) {
      ask(one);
    } else {
      --working_;
    }
  }

  const wishes& given_;
  int poll_;
  slow_clients slow_;
  std::vector<connection> all_;
  std::size_t working_ = 0;
  bench_clock::time_point settled_{};  // when times begin to count
  totals made_;
};

wishes read_arguments(int count, char** arguments) {
  wishes made;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = arguments[i];
    if (word == "--spread") {
      made.spread = true;
      continue;
    }
    if (i + 1 == count) { fail("every option but --spread has a value"); }
    const std::string value = arguments[++i];
    if (word == "--address") {
      const auto colon = value.rfind(':');
      if (colon == std::string::npos) { fail("--address is HOST:PORT"); }
      made.host = value.substr(0, colon);
      made.port = static_cast<std::uint16_t>(std::stoul(value.substr(colon + 1)));
    } else if (word == "--paths") {
      std::ifstream list(value);
      for (std::string path; std::getline(list, path);) { made.paths.push_back(path); }
    } else if (word == "--connections") {
      made.connections = std::stoul(value);
    } else if (word == "--slow") {
      made.slow = std::stoul(value);
    } else if (word == "--seconds") {
      made.seconds = std::stod(value);
    } else if (word == "--settle") {
      made.settle = std::stod(value);
    } else if (word == "--walks") {
      made.walks = std::stoul(value);
    } else {
      fail("there is no option " + std::string(word));
    }
  }
  if (made.port == 0 || made.paths.empty() || made.connections == 0) {
    fail("--address, --paths and --connections are needed");
  }
  if ((made.walks == 0) == (made.seconds <= 0)) { fail("either --seconds or --walks"); }
  return made;
}

double percentile(std::vector<float>& values, double part) {
  if (values.empty()) { return 0; }
  const auto at = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + at);
  return static_cast<double>(values[static_cast<std::size_t>(at)]);
}

}  // namespace

int main(int count, char** arguments) {
  const wishes given = read_arguments(count, arguments);
  client one(given);
  const auto began = bench_clock::now();
  totals made = one.run();
  const std::chrono::duration<double> took = bench_clock::now() - began;
  std::printf(
      "{\"requests\": %llu, \"bytes\": %llu, \"seconds\": %.6f, "
      "\"latency_p50\": %.6f, \"latency_p99\": %.6f, \"slow_bytes\": %llu}\n",
      static_cast<unsigned long long>(made.requests), static_cast<unsigned long long>(made.bytes),
      took.count(), percentile(made.latencies, 0.5), percentile(made.latencies, 0.99),
      static_cast<unsigned long long>(made.slow_bytes));
  return 0;
}
