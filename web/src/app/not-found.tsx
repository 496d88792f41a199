import { ButtonLink } from '../components/button-link.tsx';
import { Empty } from '../components/empty.tsx';

export function NotFoundPage() {
  return (
    <main>
      <Empty
        icon="search"
        title="There is no such page"
        actions={<ButtonLink to="/machines">Machines</ButtonLink>}
      >
        The address may be mistyped, or of another version.
      </Empty>
    </main>
  );
}
