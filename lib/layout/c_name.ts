/**
 * Words that C11, C23 and C++20 reserve, and names that the printed header or common headers define as macros or types.
 */
const RESERVED: ReadonlySet<string> = new Set(
  ("alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class co_await " +
    "co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype default delete do " +
    "double dynamic_cast else enum explicit export extern false float for friend goto if import inline int long module " +
    "mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public register " +
    "reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast struct switch " +
    "template this thread_local throw true try typedef typeid typename typeof typeof_unqual union unsigned using virtual " +
    "void volatile wchar_t while xor xor_eq " +
    "assert assert_perror complex errno i386 imaginary linux main offsetof stderr stdin stdout unix EOF I NULL " +
    "max_align_t nullptr_t ptrdiff_t size_t ssize_t").split(" "),
);

/** The types and macros of stdint.h, those of later standards too. */
const STDINT = /^(?:u?int\w*_t|U?INT\w*_(?:C|MAX|MIN|WIDTH)|(?:PTRDIFF|SIG_ATOMIC|SIZE|WCHAR|WINT)_(?:MAX|MIN|WIDTH))$/;

/** Names that are reserved for compilers everywhere, and the include guards of printed headers. */
const PREFIXED = /^x*(?:_[A-Z_]|SHMKIT_)/;

/**
 * Turns a name into one that C and C++ accept, other names into others: one that is reserved for compilers gets an `x`
 * in front; any other reserved one gets an underscore at the end, as does one that differs from it only by underscores
 * at the end. So `int` becomes `int_`, and `int_` becomes `int__`, whatever other names there are.
 *
 * @param name An identifier.
 * @param types Names of types that it must not hide: C++ refuses a member named as the type of another.
 * @returns The name for C.
 */
export function cName(name: string, types: readonly string[] = []): string {
  if (PREFIXED.test(name)) name = `x${name}`;
  const base = withoutEnd(name);
  let more = RESERVED.has(base) || STDINT.test(base) ? 1 : 0;
  for (const type of types) if (withoutEnd(type) === base) more = Math.max(more, type.length - base.length + 1);
  return name + "_".repeat(more);
}

/** A name without underscores at its end. */
function withoutEnd(name: string): string {
  let end = name.length;
  while (end > 0 && name[end - 1] === "_") end--;
  return name.slice(0, end);
}
