#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "tests/http/loopback_listener.hpp"
#include "tests/http/test_library.hpp"

namespace sluice::http::test {

inline std::string nginx_path() {
  for (const char* const path : {"/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"}) {
    if (::access(path, X_OK) == 0) { return path; }
  }
  return {};
}

/// A real nginx over a library, with the configuration that is shipped. It inherits its listening
/// socket, so that its port is free for certain.
class nginx_process {
public:
  nginx_process(const std::string& shipped_configuration, const std::string& library_root) {
    const loopback_listener listening = listen_on_loopback(0);
    listener_ = listening.descriptor;
    port = listening.port;
    write_configuration(shipped_configuration, library_root);
    start();
  }
  ~nginx_process() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    ::close(listener_);
  }
  nginx_process(const nginx_process&) = delete;
  nginx_process& operator=(const nginx_process&) = delete;

  std::uint16_t port = 0;

private:
  void write_configuration(std::string shipped, const std::string& library_root) const {
    const auto replace = [&shipped](const std::string& line, const std::string& with) {
      const std::size_t place = shipped.find(line);
      REQUIRE_MESSAGE(place != std::string::npos, line);
      shipped.replace(place, line.size(), with);
    };
    replace("listen 8080;", "listen 127.0.0.1:" + std::to_string(port) + ";");
    replace("root /var/lib/sluice/library;", "root " + library_root + ";");
    std::string text =
        "daemon off;\nworker_processes 1;\nerror_log stderr error;\npid nginx.pid;\n"
        "events { worker_connections 64; }\nhttp {\naccess_log off;\n";
    if (::geteuid() == 0) { text = "user root;\n" + text; }  // the library is only ours to read
    for (const char* const folder : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      text += std::string(folder) + "_temp_path " + prefix_.path() + "/" + folder + ";\n";
    }
    REQUIRE(io::blocking::write_file(prefix_.path() + "/nginx.conf", text + shipped + "}\n").ok());
  }
  void start() {
    const std::string program = nginx_path();
    const std::string prefix = prefix_.path() + "/";
    const std::string inherited = "NGINX=" + std::to_string(listener_) + ";";
    process_ = ::fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      const char* const arguments[] = {program.c_str(), "-p", prefix.c_str(), "-c",
                                       "nginx.conf",    "-e", "stderr",       nullptr};
      const char* const environment[] = {inherited.c_str(), nullptr};
      ::execve(program.c_str(), const_cast<char* const*>(arguments),
               const_cast<char* const*>(environment));
      ::_exit(127);
    }
  }

  temporary_folder prefix_;
  int listener_ = -1;
  pid_t process_ = -1;
};

}  // namespace sluice::http::test
