// SPDX-License-Identifier: MIT
/// @file
/// A directory of a test's own, removed with everything in it at the end.

#ifndef LEND_TESTS_SUPPORT_TEMP_DIR_HPP
#define LEND_TESTS_SUPPORT_TEMP_DIR_HPP

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace lend_test {

class temp_dir {
public:
    temp_dir() {
        std::string name = (std::filesystem::temp_directory_path() / "lend.XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            std::perror("mkdtemp");
            std::abort();
        }
        path_ = name;
    }
    temp_dir(const temp_dir&) = delete;
    temp_dir& operator=(const temp_dir&) = delete;
    ~temp_dir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::string file(const char* name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_TEMP_DIR_HPP
