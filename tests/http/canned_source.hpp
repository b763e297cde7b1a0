#pragma once

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/http/loopback_listener.hpp"

namespace sluice::http::test {

/// What a source does with one request.
struct canned_answer {
  enum class then : std::uint8_t {
    keep,    ///< read the next request
    close,   ///< FIN
    reset,   ///< RST
    hold,    ///< silence until the client or the test gives up
    endless  ///< zeros without end
  };
  std::string bytes;
  then after = then::close;
};

/// A source that answers whatever its script says; one connection at a time, on a thread.
/// `script(connection, request)` is called with the number of the connection and of the request on
/// it.
class canned_source {
public:
  using script_function = std::function<canned_answer(int connection, int request)>;
  explicit canned_source(script_function script) : script_(std::move(script)) {
    const loopback_listener listening = listen_on_loopback(SOCK_CLOEXEC);
    listener_ = listening.descriptor;
    port_ = listening.port;
    thread_ = std::thread([this] { run(); });
  }
  ~canned_source() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    {
      const std::lock_guard lock(mutex_);
      if (current_ >= 0) { ::shutdown(current_, SHUT_RDWR); }
    }
    thread_.join();
    ::close(listener_);
  }
  canned_source(const canned_source&) = delete;
  canned_source& operator=(const canned_source&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

private:
  void run() {
    while (!stopping_) {
      const int peer = ::accept(listener_, nullptr, nullptr);
      if (peer < 0) { return; }
      {
        const std::lock_guard lock(mutex_);
        current_ = peer;
        if (stopping_) { ::shutdown(peer, SHUT_RDWR); }
      }
      serve(peer, connections_++);
      const std::lock_guard lock(mutex_);
      current_ = -1;
      ::close(peer);
    }
  }
  static bool send_all(int peer, const std::string& bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t sent = ::send(peer, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (sent <= 0) { return false; }
      done += static_cast<std::size_t>(sent);
    }
    return true;
  }
  bool receive(int peer, std::string& box) const {
    char chunk[4096];
    const ssize_t got = ::recv(peer, chunk, sizeof chunk, 0);
    if (got <= 0) { return false; }
    box.append(chunk, static_cast<std::size_t>(got));
    return true;
  }
  void serve(int peer, int connection) {
    // An answer that waits for the peer's acknowledgement dies with the socket when we close.
    const int at_once = 1;
    ::setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    std::string box;
    for (int request = 0;; ++request) {
      std::size_t end = 0;
      while ((end = box.find("\r\n\r\n")) == std::string::npos) {
        if (!receive(peer, box)) { return; }
      }
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(box.substr(0, end + 4));
      }
      box.erase(0, end + 4);
      const canned_answer answer = script_(connection, request);
      if (!send_all(peer, answer.bytes)) { return; }
      switch (answer.after) {
        case canned_answer::then::keep: continue;
        case canned_answer::then::close: return;
        case canned_answer::then::reset: {
          const linger no_farewell{1, 0};
          ::setsockopt(peer, SOL_SOCKET, SO_LINGER, &no_farewell, sizeof no_farewell);
          return;
        }
        case canned_answer::then::hold:
          while (receive(peer, box)) {}
          return;
        case canned_answer::then::endless:
          while (send_all(peer, std::string(65536, '\0'))) {}
          return;
      }
    }
  }

  script_function script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  int current_ = -1;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace sluice::http::test
