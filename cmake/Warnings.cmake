# s_server_warnings(TARGET [STRICT]): the project's warnings, all of them errors. STRICT adds the
# ones that library headers or generated tables could not bear.
function(s_server_warnings target)
  cmake_parse_arguments(arg "STRICT" "" "" ${ARGN})
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wformat=2 -Wvla -Wundef -Wpointer-arith -Wwrite-strings -Werror)
  if(arg_STRICT)
    target_compile_options(${target} PRIVATE -Wswitch-enum)
  endif()
endfunction()
