import type { ErrorComponentProps } from '@tanstack/react-router';
import { ProblemNotice } from '../components/problem-notice.tsx';

/** What is shown when a page itself failed; a new version may have replaced its files. */
export function PageFailed({ error }: ErrorComponentProps) {
  return <ProblemNotice error={error} onRetry={() => location.reload()} />;
}
