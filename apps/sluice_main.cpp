#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <thread>

#include "apps/cli.hpp"
#include "apps/providers.hpp"
#include "io/io.hpp"

namespace {

std::string folder_of_the_caller() {
  char* const name = get_current_dir_name();
  std::string folder = name == nullptr ? "/" : name;
  std::free(name);
  return folder;
}

}  // namespace

int main(int count, char** values) {
  using namespace sluice;
  const char* const no_colour = std::getenv("NO_COLOR");
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  const cli::world outside{
      std::cout,
      std::cerr,
      terminal,
      isatty(STDERR_FILENO) == 1,
      terminal && (no_colour == nullptr || *no_colour == '\0'),
      folder_of_the_caller(),
      [](const std::string& socket, std::chrono::milliseconds deadline) {
        return rpc::connect_admin({socket, {}, 0}, deadline);
      },
      [](const std::string& socket, std::chrono::milliseconds deadline) {
        return rpc::connect_node({socket, {}, 0}, deadline);
      },
      apps::calendar_now,
      [](std::chrono::milliseconds span) {
        std::this_thread::sleep_for(span);
        return true;
      },
      [](const std::string& path) { return io::blocking::read_file(path, limits::mib); }};
  return cli::run_cli(std::vector<std::string>(values + 1, values + count), outside);
}
