# Installs the headers, the CMake package and the pkg-config file. Nothing of it depends on the
# machine that installs: a driver's target is made in lend-config.cmake, where it is used, so a
# packager needs none of the drivers' libraries.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(LEND_INSTALL_CMAKEDIR
    "${CMAKE_INSTALL_DATADIR}/cmake/lend"
    CACHE STRING "Where the CMake package of lend is installed, relative to the prefix")
mark_as_advanced(LEND_INSTALL_CMAKEDIR)

install(
    TARGETS lend
    EXPORT lend-targets
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES ${lend_driver_headers} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/lend/drivers")
install(
    EXPORT lend-targets
    NAMESPACE lend::
    DESTINATION "${LEND_INSTALL_CMAKEDIR}")

# Until 1.0 a minor version may change the interface.
set(lend_compatibility SameMajorVersion)
if(PROJECT_VERSION_MAJOR EQUAL 0)
    set(lend_compatibility SameMinorVersion)
endif()
write_basic_package_version_file(
    lend-config-version.cmake
    COMPATIBILITY ${lend_compatibility}
    ARCH_INDEPENDENT)
configure_package_config_file(
    cmake/lend-config.cmake.in lend-config.cmake
    INSTALL_DESTINATION "${LEND_INSTALL_CMAKEDIR}"
    NO_SET_AND_CHECK_MACRO)
install(FILES "${PROJECT_BINARY_DIR}/lend-config.cmake"
              "${PROJECT_BINARY_DIR}/lend-config-version.cmake"
        DESTINATION "${LEND_INSTALL_CMAKEDIR}")

# The prefix is found from where lend.pc lies, so an installed tree can be moved.
set(lend_pc_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")
file(RELATIVE_PATH lend_pc_prefix "/${lend_pc_dir}" "/")
configure_file(cmake/lend.pc.in lend.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/lend.pc" DESTINATION "${lend_pc_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/lend")
