import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dirname, normalize } from "node:path/posix";
import ts from "typescript";

/**
 * The house's rule: imports go down only, and through the doors. A file may import from its own folder, and what the
 * doors of lower floors have.
 */
const FLOORS: readonly Home[] = [
  { path: "ffi/", floor: 0 },
  // Everyone in lib/ may use the errors; they use only the base of all, which ffi/ has, as it has errors of its own.
  { path: "lib/errors.ts", floor: 0.5 },
  // Words know nothing of layouts; layouts copy payloads word by word.
  { path: "lib/atomic/", floor: 1 },
  { path: "lib/layout/", floor: 1.5 },
  { path: "lib/memory/", floor: 2 },
  { path: "lib/sync/", floor: 3 },
  { path: "lib/channel/", floor: 4 },
  { path: "lib/wait/", floor: 4.5 },
  { path: "lib/structure/", floor: 5 },
  { path: "lib/cli/", floor: 6 },
  { path: "mod.ts", floor: 7 },
];

/** What only `ffi/` may name: the globals of runtimes. */
const RUNTIME_NAMES: ReadonlySet<string> = new Set(["Bun", "Deno", "process", "require"]);

/**
 * The command is a program: it may have packages, which `package.json` names as optional, and use Node's modules, which
 * all runtimes have. Nothing below it, and nothing that `mod.ts` reaches, may import it.
 */
const COMMAND: { readonly path: string; readonly packages: ReadonlySet<string> } = {
  path: "lib/cli/",
  packages: new Set(["commander", "picocolors", "slice-ansi"]),
};

/** What other folders may import of one: its two doors. Of `ffi/`, whose parts are few and apart, also these. */
const DOORS: readonly string[] = ["mod.ts", "internal.ts"];
const FFI_DOORS: ReadonlySet<string> = new Set(["system", "linux", "event_loop", "wait_thread"].map(ffiPath));

/** Folders whose own folders are siblings: they share what is in `shared/`, and know nothing of each other. */
const SIBLINGS = /^lib\/(?:channel|structure)\/(?!shared\/)\w+\//;

/** The one file that may name `Atomics`. */
const ATOMICS_FILE = "lib/atomic/atomics.ts";

/** The text of a thread, which can import nothing: it names `Atomics` too. */
const THREAD_FILE = "ffi/wait_loop.ts";

/** A folder or a file, and the floor it stands on. */
interface Home {
  readonly path: string;
  readonly floor: number;
}

/** What the files of the house break, one line each, import circles included. */
export function importRuleViolations(root: string): string[] {
  const below = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`);
  const paths = ["mod.ts", ...below("ffi"), ...below("lib")].filter((path) => path.endsWith(".ts"));
  const texts = new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
  return [...[...texts].flatMap(([path, text]) => violationsOf(path, text)), ...importCircles(texts)];
}

/** What one file breaks. Its path is relative to the root. */
export function violationsOf(path: string, text: string): string[] {
  const home = homeOf(path);
  if (home === undefined) return [`${path}: belongs to no floor`];
  const found: string[] = [];
  for (const node of nodesOf(path, text)) {
    const specifier = specifierOf(node);
    const name = globalNameOf(node);
    const reason = specifier !== undefined
      ? importRefusal(path, home, specifier)
      : name !== undefined
      ? nameRefusal(path, home, name)
      : undefined;
    if (reason !== undefined) found.push(`${path}:${lineOf(node)}: ${reason}`);
  }
  return found;
}

/** Circles among files. Imports of types count too: they show that two files are one. */
export function importCircles(texts: ReadonlyMap<string, string>): string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) circles.push(`import circle: ${[...trail.slice(start), path].join(" → ")}`);
    if (start >= 0 || done.has(path)) return;
    for (const next of importsOf(path, texts.get(path) ?? "")) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of texts.keys()) walk(path, []);
  return circles;
}

function importRefusal(path: string, home: Home, specifier: string): string | undefined {
  const isCommand = home.path === COMMAND.path;
  if (isCommand && (specifier.startsWith("node:") || COMMAND.packages.has(specifier))) return undefined;
  if (path === "mod.ts" && specifier.startsWith(`./${COMMAND.path}`)) {
    return `imports ${specifier}: the command has packages`;
  }
  if (!isRelative(specifier)) return `imports ${specifier}: imports are relative`;
  const target = normalize(join(dirname(path), specifier));
  const floor = homeOf(target);
  if (floor === undefined) return `imports ${target}, which belongs to no floor`;
  if (floor.path === home.path) return siblingRefusal(path, target);
  if (floor.floor > home.floor) return `imports ${target}: imports go down only`;
  const isDoor = target === floor.path || FFI_DOORS.has(target) || DOORS.some((door) => target === floor.path + door);
  return isDoor ? undefined : `imports ${target}: of another folder, only ${DOORS.join(" and ")}`;
}

function siblingRefusal(path: string, target: string): string | undefined {
  const own = path.match(SIBLINGS)?.[0], other = target.match(SIBLINGS)?.[0];
  if (own === undefined || other === undefined || own === other) return undefined;
  return `imports ${target}: siblings share what is in shared/`;
}

function ffiPath(name: string): string {
  return `ffi/${name}.ts`;
}

function nameRefusal(path: string, home: Home, name: string): string | undefined {
  if (name === "Atomics" && path !== ATOMICS_FILE && path !== THREAD_FILE) {
    return `names Atomics: only ${ATOMICS_FILE} may`;
  }
  if (name === "process" && home.path === COMMAND.path) return undefined; // imported from node:process
  if (RUNTIME_NAMES.has(name) && home.path !== "ffi/") return `names ${name}: only ffi/ may`;
  return undefined;
}

/** What a node imports. Strings and comments are no nodes of an import, whatever they say. */
function specifierOf(node: ts.Node): string | undefined {
  const isCall = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const from = ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
    ? node.moduleSpecifier
    : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
    ? node.argument.literal
    : isCall
    ? node.arguments[0]
    : undefined;
  if (from === undefined) return undefined;
  return ts.isStringLiteralLike(from) ? from.text : "what is known only when it runs";
}

/** The global that a node may refer to: a free name, or one looked up in `globalThis`. */
function globalNameOf(node: ts.Node): string | undefined {
  const { parent } = node;
  const isGlobalThis = (one: ts.Node) => ts.isIdentifier(one) && one.text === "globalThis";
  if (ts.isStringLiteralLike(node)) {
    const isKey = ts.isElementAccessExpression(parent) && isGlobalThis(parent.expression);
    const isAsked = ts.isBinaryExpression(parent) && isGlobalThis(parent.right);
    return isKey || isAsked ? node.text : undefined;
  }
  if (!ts.isIdentifier(node)) return undefined;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return isGlobalThis(parent.expression) ? node.text : undefined;
  }
  // A member that happens to have the name. `{ process }` is no such member: it reads the global.
  const isMember = ts.isTypeElement(parent) || ts.isClassElement(parent) || ts.isPropertyAssignment(parent) ||
    ts.isMethodDeclaration(parent);
  return isMember && parent.name === node ? undefined : node.text;
}

function importsOf(path: string, text: string): string[] {
  return nodesOf(path, text).map(specifierOf).filter((specifier) => specifier !== undefined).filter(isRelative)
    .map((specifier) => normalize(join(dirname(path), specifier)));
}

function nodesOf(path: string, text: string): ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return nodes;
}

function homeOf(path: string): Home | undefined {
  return FLOORS.find((home) => home.path.endsWith("/") ? path.startsWith(home.path) : path === home.path);
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith("./") || specifier.startsWith("../");
}

function lineOf(node: ts.Node): number {
  return node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1;
}
