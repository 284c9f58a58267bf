-- statement: login_probe
-- Does:       reads nothing, under our login. It shows whether the practice still gives us access.
-- Parameters: none
-- Returns:    one row: Alive = 1.
-- Evidence:   public (Halo: when a practice unticks an integration, it removes the integration's database login).
-- Reads:      at most 10 rows: none, in fact.
SELECT 1 AS Alive;
