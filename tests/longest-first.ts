import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, in that order. */
const LONGEST = ['side-by-side/', 'transcripts/agreement', 'cli/grade', 'e2e/document', 'e2e/pages', 'e2e/labs', 'e2e/cluster', 'e2e/page.'];

/** Begins with what takes longest: begun last it would run alone. Vitest itself goes by size where it remembers nothing, as on a fresh machine. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = LONGEST.findIndex((part) => moduleId.includes(`/tests/${part}`));
      return found < 0 ? LONGEST.length : found;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
