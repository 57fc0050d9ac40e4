import { cHeader, parseSchema } from "../../layout/mod.ts";
import { SegmentObserver } from "../../memory/internal.ts";
import { pythonDeclaration } from "../schema/python.ts";
import { typescriptDeclaration } from "../schema/typescript.ts";
import type { Output } from "../view/output.ts";
import { noSuchObject } from "./inspect.ts";

/** A language in which a record can be declared. */
export type Language = "c" | "python" | "typescript";

/** `shmkit schema NAME OBJECT`. @returns The exit code: 1 if there is no such object, or it has no schema. */
export function schema(name: string, object: string, language: Language, output: Output): number {
  using observer = SegmentObserver.open(name);
  const { entries } = observer.objects(), entry = entries.find((one) => one.name === object);
  if (entry === undefined) {
    output.complain(noSuchObject("declare", object, name, entries));
    return 1;
  }
  if (entry.schema === "") {
    output.complain(
      `Cannot declare object '${object}' of segment '${name}' as it has no schema: it is a ${entry.kind}`,
    );
    return 1;
  }
  const struct = parseSchema(entry.schema);
  const text = language === "c"
    ? cHeader(struct)
    : language === "python"
    ? pythonDeclaration(struct)
    : typescriptDeclaration(struct);
  if (output.isJson) output.json({ name: object, kind: entry.kind, schema: entry.schema, language, text });
  else output.lines(text.trimEnd());
  return 0;
}
