import './styles/tokens.css';
import './styles/base.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { OrdersProvider } from './actions/orders-provider.tsx';
import { createQueryClient } from './api/query-client.ts';
import { WatchProvider } from './api/watch/provider.tsx';
import { NoticesProvider } from './components/notices.tsx';
import { TooltipProvider } from './components/tooltip.tsx';
import { createAppRouter } from './router.tsx';

const queryClient = createQueryClient();
const router = createAppRouter(queryClient);

const place = document.getElementById('app');
if (place === null) throw new Error('index.html has no #app');

createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <WatchProvider>
        <TooltipProvider>
          <NoticesProvider>
            <OrdersProvider>
              <RouterProvider router={router} />
            </OrdersProvider>
          </NoticesProvider>
        </TooltipProvider>
      </WatchProvider>
    </QueryClientProvider>
  </StrictMode>,
);
