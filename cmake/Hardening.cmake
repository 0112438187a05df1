# What Debian builds its packages with, for the optimised build types; clang 14 knows all of it.
include(CheckPIESupported)
check_pie_supported()

set(optimised $<CONFIG:Release,RelWithDebInfo,MinSizeRel>)
add_compile_options($<$<CONFIG:Release>:-O2> $<${optimised}:-g> $<${optimised}:-fstack-protector-strong>
  $<${optimised}:-fstack-clash-protection>)
add_compile_definitions($<${optimised}:_FORTIFY_SOURCE=2>)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options($<${optimised}:-fcf-protection>)
endif()
add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,--as-needed)
