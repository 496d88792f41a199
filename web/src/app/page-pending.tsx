import { Skeleton } from '../components/skeleton.tsx';

export function PagePending() {
  return <Skeleton lines={8} />;
}
