/** The path of a file of scenarios, from the project's root. */
export function scenarioFile(name: string): string {
  return `tests/model/scenarios/${name}.ts`;
}
