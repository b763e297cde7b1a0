#pragma once

#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/http.hpp"

namespace sluice::http::test {

/// A source at port 8080 of a simulated machine, by its name where that is given, else 127.0.0.1:
/// gives its bodies whole or by range, and notes what it was asked for.
class simulated_source {
public:
  explicit simulated_source(io::reactor& ring, std::string host = "127.0.0.1")
      : ring_(ring), host_(std::move(host)) {
    io::block_on<void>(ring_, [this] { return open(); });
    lines_.start(serve_all());
  }
  /// Its clients are closed by then.
  ~simulated_source() {
    listener_->abort();
    io::block_on<void>(ring_, [this] { return lines_.wait_all(); });
    io::block_on<void>(ring_, [this] { return listener_->close(); });
  }
  simulated_source(const simulated_source&) = delete;
  simulated_source& operator=(const simulated_source&) = delete;

  std::map<std::string, std::string> bodies;   ///< by target
  std::map<std::string, std::string> answers;  ///< whole ones, by target; they come first
  std::vector<std::string> asked;              ///< targets, in order
  static constexpr std::uint16_t port = 8080;

private:
  io::task<void> open() {
    const io::endpoint at(host_, port);
    auto opened = co_await io::listener::open(ring_, at, io::port_sharing::none);
    SLUICE_CHECK(opened.ok());
    listener_ = std::make_unique<io::listener>(std::move(*opened));
  }
  io::task<void> serve_all() {
    while (true) {
      auto peer = co_await listener_->accept();
      if (!peer) { co_return; }
      lines_.start(serve(std::move(*peer)));
    }
  }
  io::task<void> serve(io::socket peer) {
    std::array<std::byte, 4096> chunk{};
    std::string box;
    while (true) {
      auto got = co_await peer.receive(chunk, std::chrono::hours(1));
      if (!got || *got == 0) { break; }
      box.append(reinterpret_cast<const char*>(chunk.data()), *got);
      const std::size_t end = box.find("\r\n\r\n");
      if (end == std::string::npos) { continue; }
      const std::string answer = answer_to(std::string_view(box).substr(0, end));
      box.erase(0, end + 4);
      auto sent = co_await peer.send(std::as_bytes(std::span(answer)), std::chrono::hours(1));
      if (!sent) { break; }
    }
    co_await peer.close();
  }
  std::string answer_to(std::string_view head) {
    const std::size_t begin = head.find(' ') + 1;
    const std::string target(head.substr(begin, head.find(' ', begin) - begin));
    asked.push_back(target);
    if (const auto whole = answers.find(target); whole != answers.end()) { return whole->second; }
    const auto found = bodies.find(target);
    if (found == bodies.end()) { return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"; }
    const std::string& body = found->second;
    constexpr std::string_view range = "Range: bytes=";
    const std::size_t at = head.find(range);
    if (at == std::string_view::npos) {
      return format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
    }
    const char* const text = head.data() + at + range.size();
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    const char* const dash = std::from_chars(text, head.data() + head.size(), first).ptr;
    std::from_chars(dash + 1, head.data() + head.size(), last);
    return format(
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {}-{}/{}\r\nContent-Length: "
        "{}\r\n\r\n{}",
        first, last, body.size(), last - first + 1, body.substr(first, last - first + 1));
  }

  io::reactor& ring_;
  std::string host_;
  std::unique_ptr<io::listener> listener_;
  io::task_group lines_;
};

}  // namespace sluice::http::test
