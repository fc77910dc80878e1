"""The words that the most used French passwords are made of, without accents, digits or signs.

With digits or a sign at either end they are no better: « Motdepasse2026! » is refused like « motdepasse ».

`_RANKED` comes from the thousand most used passwords of addresses in « .fr », by Maxime Alay-Eddine and Paul
Barbaste (Richelieu, https://github.com/tarraschk/richelieu, MIT License, © 2019 Maxime Alay-Eddine; its README says
CC BY 4.0; notice in docs/notices.md): its words of four letters or more, insults left out. `_OURS` adds keyboards,
phrases and what a portal of this kind suggests.
"""

from __future__ import annotations

_RANKED = """
adeline adidas adrien afrique agathe alain albert alexandra alexandre alexia alexis algerie alicia alison amanda
amandine amelie aminata amitie amour amoureuse amoureux amours anais andrea angel angela angele angelina angelique
angelo anissa anthony antoine antonio aqwzsx aqwzsxedc arnaud arsenal arthur ashley asterix athena audrey aurelie
aurelien aurore avenir axelle azerty azertyu azertyui azertyuiop balance ballon bamako bambou banane bandit baptiste
barbara barbie barcelone basket bastien bateau batman beatrice bebe benfica benjamin benoit bernard bertrand bianca
bibiche bidule biloute biscotte bisounours bisous blabla blanche bobmarley bogoss bonbon bonheur bonjour bordeaux
boubou boulette bretagne brigitte bruno butterfly cachou calimero caline cameroun camille camion canada canaille
canard cancer canelle cannelle capucine caramel carine carlos carole caroline carotte carpediem casablanca cassandra
catherine cecile cecilia cedric celibataire celine cerise chacha champion chance chanel chantal charlene charles
charlie charline charlotte charly chaton chelsea cherie cheval cheyenne chipie chloe chocolat chouchou choupette
choupinette christelle christian christine christophe claire clara clarisse claudine clemence clement
clementine clochette cloclo cocacola cochon cocotte coline cookie coralie corentin corinne corsica coucou couscous
crevette cricri cynthia damien daniel danielle dauphin david deborah decembre delphine denise diablo diabolo diamant
didier didine dimitri dominique domino dorian doudou doudoune dragon drogba ducati elephant elisabeth elodie emeline
emilie emmanuel emmanuelle emploi enfant enfants espagne espoir esteban estelle etienne etoile evelyne fabien fabienne
fabrice famille fanfan fatima fatoumata ferrari fleurs floflo florence florent florian flower football forever fraise
france francis franck francois francoise freddy frederic freedom friends frimousse fripouille gabriel gabrielle gaelle
gaetan garfield gaston georges geraldine gerard geronimo gilbert gilles gregory grenouille gribouille guadeloupe
guigui guillaume guitare guizmo handball harley helene hello hiphop hornet hotmail hunter iloveyou internet isabelle
italia italie jacques janvier jasmine jeanne jennifer jeremy jerome jessica jessie jesus jetaime joelle johanna johnny
jonathan jordan joseph josephine josiane juillet julie julien juliette junior jupiter justin justine juventus karima
karine kawasaki kevin khadija killer killian kirikou kylian lacoste laetitia laguna lapinou laura laurence laurent
laurie laurine leslie liberte lilian lilou lionel liverpool lolita lolotte london lorenzo louise loulou louloute
louloutte lovely loveyou lucas ludivine ludovic lumiere lyonnais madeleine madinina madonna madrid maelle maelys
magali magalie maison malika mamadou mamama maman mamour manon manuel mapuce marcel margaux margot marguerite mariage
mariam marianne marie marina marine marion marius marjorie marley marmotte marseille martin martine martinique marvin
master matheo mathias mathieu mathilde mathis mathys matrix matteo matthieu maurice maxence maxime megane melanie
melina melissa melodie melody mercedes merlin metallica michael michel michele michelle michou mickael mickey miguel
mimine minette minouche mireille mohamed moimeme moimoi monaco monamour monange monbebe moncoeur monique montagne
montana morgan morgane motdepasse motocross moumoune mourad moussa moustique mozart muriel musique mustang mylene
myriam nadege nadine nanou nantes napoleon naruto natacha nathalie nathan nbvcxw nelson nenette newyork nicolas nicole
nikita nirvana noemie noisette nougat nounou nounours novembre nutella oceane octobre olivia olivier onepiece ophelie
orange ordinateur osiris ouioui pamela papa papamaman papillon papounet paradis paris parissg pascal pascale passion
password patate patrice patricia patrick pauline penelope pepette pepito peugeot philippe philou phoenix picasso
pierre pierrot pikachu pioupiou pirate pistache poisson poiuyt poiuytreza pokemon police pollux pommes pompier
pompiers pompom popeye porsche portable portugal poulet poulette poupette poupou poupoune pourquoi poussin praline
prince princess princesse prisca pupuce qsdfgh qsdfghjklm quentin qwerty qwertyuiop rachel rachid ramses raphael
raymond realmadrid rebecca reglisse renard renaud renault rencontre reunion reussite ricard richard robert roland
romain romane ronaldo rosalie roxane roxanne sabine sabrina salome salut samantha samira samsung samuel sandra
sandrine sangoku sarah scarface scorpion sebastien secret securite seigneur senegal septembre sesame severine shadow
silver simone snoopy socrate sofiane solange soleil solene sophie soprano souris sousou spiderman stargate starwars
stella stephane stephanie steven subaru sultan sunshine superman suzanne suzuki sweety sylvain sylvie tahiti tanguy
tarzan tatiana telechargement tennis tequila thibault thierry thomas tigresse tigrou tintin titanic titeuf titine
titou titoune toietmoi tonton tortue toulouse toutou toutoune toyota travail tresor tristan tulipe tuning tunisie
ulysse vacances valentin valentine valerie vanessa vanille vegeta veronique verseau victoire victor victoria vincent
violette virginie viviane voiture warcraft welcome william winnie wxcvbn xavier yacine yamaha yannick yasmine yassine
youyou ytreza zidane zouzou
"""

_OURS = """
azertyuiopqsdfghjklm azertyuiopqsdfghjklmwxcvbn azertyqwerty qwertyazerty azeqsd azeqsdwxc aqwxsz qwertz asdfghjkl
monmotdepasse lemotdepasse unmotdepasse motdepass mdp monmdp motsecret passe passw bonsoir bonjoursalut bienvenue
merci olympiquemarseille olympique allezlom allezlesbleus parispsg parissaintgermain psg vivelafrance lyon lille
strasbourg saintetienne corse minou coccinelle licorne jetaimemoncoeur jetadore jevousaime amouramour toujours
pourtoujours bisoubisou moncheri mamanpapa mamanjetaime papajetaime mafamille mesenfants lafamille jeanpierre
mariepierre cestmoi topsecret entrer ouvretoi sesameouvretoi administrateur admin administration utilisateur connexion
identifiant compte moncompte telephone wanadoo egalite fraternite liberteegalitefraternite rugby chevalier guichet
monguichet guichetenligne departement monconseildepartemental conseildepartemental mairie impots
"""

MOST_USED = tuple(dict.fromkeys((_OURS + _RANKED).split()))
"""In an order that never changes: zxcvbn takes the place of a word for its rank."""
